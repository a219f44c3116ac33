#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <ostream>
#include <random>
#include <thread>

#include "cli/backup/manifest.h"
#include "cli/backup/members.h"
#include "cli/backup/progress.h"
#include "cli/backup/verbs.h"
#include "kernel/files/sha256.h"
#include "stator/files.h"

namespace stator::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kPause{100};
constexpr std::uint64_t kPiece = 4 << 20;  // as much as a node gives at once
constexpr int kMostLooks = 50;             // in a row, that a node does not answer

std::string new_id() {
  std::random_device chance;
  char text[33];
  std::snprintf(text, sizeof text, "%08x%08x%08x%08x", chance(), chance(), chance(), chance());
  return text;
}

std::string utc_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

/// One backup under way. [serial]
class Creation {
 public:
  Creation(const BackupOptions& options, Progress& progress, Files& files)
      : options_(options), progress_(progress), files_(files) {}

  Result<BackupManifest> run() {
    if (Status fit = prepare(); !fit.is_ok()) return fit;
    Status done = take();
    // Also where it failed: what a node keeps for it takes room there.
    for (const ClusterMembers::Member& member : begun_) (void)act(member.node, "/admin/backup/end", argument());
    if (done.is_ok()) done = finish();
    if (!done.is_ok()) return done;
    return manifest_;
  }

 private:
  Bytes argument() const { return Json({{"id", manifest_.id}}).dump(); }

  Status prepare() {
    if (Status fit = check_directory(); !fit.is_ok()) return fit;
    Result<ClusterMembers> members = find_members(options_.nodes);
    if (!members.is_ok()) return members.status();
    members_ = std::move(*members);
    if (!members_.missing.empty() && !options_.allow_missing) {
      std::string all;
      for (const std::string& missing : members_.missing) all += (all.empty() ? "" : "; ") + missing;
      return {Code::unavailable, "not all nodes answer: " + all + ". --allow-missing makes a backup of the others"};
    }
    return describe();
  }

  Status check_directory() const {
    std::error_code error;
    if (!fs::exists(options_.directory, error)) return Status::ok();
    if (fs::is_directory(options_.directory, error) && fs::is_empty(options_.directory, error)) return Status::ok();
    const bool finished = fs::exists(options_.directory + "/" + BackupManifest::kFileName, error);
    return refuse(options_.directory + " is not empty: a backup needs a directory of its own" +
                  (finished ? "" : "; if it is what an unfinished one has left, remove it"));
  }

  Status describe() {
    const auto ring = fetch_json(members_.witness, "/admin/ring");
    if (!ring.is_ok()) return ring.status();
    const auto keyspaces = keyspaces_of(members_.witness);
    if (!keyspaces.is_ok()) return keyspaces.status();
    manifest_.id = new_id();
    manifest_.cluster = members_.cluster;
    manifest_.taken = utc_now();
    manifest_.partition_bits = static_cast<int>(field_number(*ring, "partition_bits"));
    manifest_.ring = field_text(*ring, "fingerprint");
    manifest_.missing = members_.missing_ids;
    for (const KeyspaceFacts& keyspace : *keyspaces)
      manifest_.keyspaces.push_back({keyspace.name, keyspace.resolver, keyspace.storage, keyspace.n});
    return Status::ok();
  }

  /// All nodes at once, so that they are of about the same moment.
  Status take() {
    for (const ClusterMembers::Member& member : members_.up) {
      begun_.push_back(member);
      const auto begun = act(member.node, "/admin/backup/begin", argument());
      if (begun.is_ok()) continue;
      if (begun.status().code() == Code::conflict) begun_.pop_back();  // it is another's
      return {begun.status().code(), member.id + ": " + begun.status().message()};
    }
    for (const ClusterMembers::Member& member : members_.up) {
      const auto page = await_ready(member);
      if (!page.is_ok()) return page.status();
      if (Status listed = list(member, *page); !listed.is_ok()) return listed;
    }
    for (std::size_t i = 0; i < members_.up.size(); ++i) {
      if (Status copied = copy(members_.up[i], manifest_.nodes[i]); !copied.is_ok()) return copied;
    }
    return Status::ok();
  }

  Result<Json> await_ready(const ClusterMembers::Member& member) {
    for (int looks = 0;;) {
      auto page = fetch_json(member.node, "/admin/backup");
      looks = page.is_ok() ? 0 : looks + 1;
      if (looks == kMostLooks) return page.status();
      const std::string state = page.is_ok() ? field_text(*page, "state") : "taking";
      if (state == "failed") return Status(Code::internal, member.id + ": " + field_text(*page, "error"));
      if (state == "none" || (page.is_ok() && field_text(*page, "id") != manifest_.id))
        return Status(Code::unavailable, member.id + " was started again meanwhile: begin anew");
      if (state == "ready") return page;
      progress_.say(member.id + " takes a checkpoint");
      std::this_thread::sleep_for(kPause);
    }
  }

  /// A node's answer is checked like a manifest: a path in it must not lead out of the directory.
  Status list(const ClusterMembers::Member& member, const Json& page) {
    if (!is_node_directory(member.id)) return refuse("\"" + member.id + "\" cannot be the name of a directory");
    BackupManifest::Node node{.id = member.id, .storages = {}, .files = {}};
    for (const Json& storage : field(page, "storages")) node.storages.push_back(field_text(storage, "name"));
    for (const Json& file : field(page, "files")) {
      node.files.push_back({field_text(file, "path"), field_number(file, "size"), field_text(file, "sha256")});
      if (!is_file_path(node.files.back().path))
        return refuse(member.id + " names a file \"" + node.files.back().path + "\", which is none of a backup");
    }
    manifest_.nodes.push_back(std::move(node));
    return Status::ok();
  }

  Status copy(const ClusterMembers::Member& member, const BackupManifest::Node& node) {
    std::error_code error;
    for (const BackupManifest::File& file : node.files) {
      const fs::path to = fs::path(options_.directory) / node.id / file.path;
      if (Status made = files_.create_directory(to.parent_path().string()); !made.is_ok()) return made;
      Status copied = copy_file(member, file, to.string());
      if (!copied.is_ok()) return {copied.code(), member.id + ", " + file.path + ": " + copied.message()};
      if (Status synced = files_.sync_directory(to.parent_path().string()); !synced.is_ok()) return synced;
    }
    return Status::ok();
  }

  Status copy_file(const ClusterMembers::Member& member, const BackupManifest::File& file, const std::string& to) {
    const Result<std::unique_ptr<File>> out = files_.open(to, OpenMode::create);
    if (!out.is_ok()) return out.status();
    Sha256 sum;
    for (std::uint64_t at = 0; at < file.size;) {
      const std::uint64_t length = std::min(kPiece, file.size - at);
      const Json piece{{"id", manifest_.id}, {"file", file.path}, {"offset", at}, {"length", length}};
      const auto answer = act(member.node, "/admin/backup/piece", piece.dump());
      if (!answer.is_ok()) return answer.status();
      if (answer->body.size() != length) return {Code::data_loss, "the node gave another part than it was asked for"};
      if (Status written = (*out)->write(at, answer->body); !written.is_ok()) return written;
      sum.add(answer->body);
      at += length;
      copied_ += length;
      progress_.say("copied " + megabytes(copied_) + " of " + megabytes(manifest_.bytes()) + ", now from " + member.id);
    }
    if (sum.hex() != file.sha256) return {Code::data_loss, "what arrived is not what the node has: another SHA-256"};
    return (*out)->sync();
  }

  /// Last, and in one step: with it the directory is a backup.
  Status finish() {
    const std::string path = options_.directory + "/" + BackupManifest::kFileName;
    const Result<std::unique_ptr<File>> out = files_.open(path + ".new", OpenMode::create);
    if (!out.is_ok()) return out.status();
    const std::string text = encode_manifest(manifest_);
    if (const auto read = decode_manifest(text); !read.is_ok()) return read.status();
    if (Status written = (*out)->write(0, text); !written.is_ok()) return written;
    if (Status synced = (*out)->sync(); !synced.is_ok()) return synced;
    if (Status named = files_.rename(path + ".new", path); !named.is_ok()) return named;
    return files_.sync_directory(options_.directory);
  }

  const BackupOptions& options_;
  Progress& progress_;
  Files& files_;
  ClusterMembers members_;
  std::vector<ClusterMembers::Member> begun_;
  BackupManifest manifest_;
  std::uint64_t copied_ = 0;
};

}  // namespace

ExitCode create_backup(const BackupOptions& options, Terminal& terminal, Files& files) {
  const Result<BackupManifest> made = [&] {
    Progress progress(terminal);
    return Creation(options, progress, files).run();
  }();
  if (!made.is_ok()) return fail(terminal, made.status());
  std::size_t copied = 0;
  for (const BackupManifest::Node& node : made->nodes) copied += node.files.size();
  if (options.json) {
    terminal.out << Json({{"id", made->id},
                          {"directory", options.directory},
                          {"nodes", made->nodes.size()},
                          {"missing", made->missing},
                          {"files", copied},
                          {"bytes", made->bytes()}})
                        .dump()
                 << '\n';
    return ExitCode::ok;
  }
  terminal.out << "backup " << made->id << " of cluster " << made->cluster << " is in " << options.directory << ": "
               << made->nodes.size() << " nodes, " << copied << " files, " << megabytes(made->bytes()) << '\n';
  for (const std::string& node : made->missing) terminal.out << node << " did not answer, and is not in it\n";
  return ExitCode::ok;
}

}  // namespace stator::cli
