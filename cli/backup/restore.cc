#include <algorithm>
#include <chrono>
#include <ostream>
#include <set>
#include <thread>

#include "cli/backup/manifest.h"
#include "cli/backup/members.h"
#include "cli/backup/progress.h"
#include "cli/backup/records.h"
#include "cli/backup/verbs.h"
#include "cli/backup/verify.h"
#include "cli/offline_tools.h"
#include "kernel/node/restore_batch.h"

namespace stator::cli {
namespace {

constexpr std::chrono::milliseconds kRetryPause{200};
constexpr std::chrono::seconds kRestorePatience{60};
constexpr std::size_t kBatchBytes = 1 << 20;
constexpr std::size_t kBatchRecords = 128;
static_assert(kBatchRecords <= RestoreBatch::kMaxRecords);

/// What will be otherwise a moment later, or at another node.
bool passes(Code code) {
  return code == Code::unavailable || code == Code::deadline_exceeded || code == Code::resource_exhausted ||
         code == Code::storage_full;
}

/// One backup on its way into a cluster. [serial]
class Restoration {
 public:
  Restoration(const BackupOptions& options, const StorageTools& tools, Progress& progress)
      : options_(options), tools_(tools), progress_(progress) {}

  Status run() {
    Result<BackupManifest> manifest = read_manifest(options_.directory);
    if (!manifest.is_ok()) return manifest.status();
    manifest_ = std::move(*manifest);
    if (Status found = find_cluster(); !found.is_ok()) return found;
    if (options_.abandon) return end();
    Result<BackupContents> contents = verify_backup(options_.directory, manifest_, tools_, progress_);
    if (!contents.is_ok()) return contents.status();
    contents_ = std::move(*contents);
    if (Status fit = check_keyspaces(); !fit.is_ok()) return fit;
    if (Status begun = begin(); !begun.is_ok()) return begun;
    for (const BackupManifest::Node& node : manifest_.nodes) {
      for (const std::string& storage : node.storages) {
        if (Status sent = send_all(node, storage); !sent.is_ok()) return interrupted(sent);
      }
    }
    const Status ended = end();
    return ended.is_ok() ? ended : interrupted(ended);
  }

  const BackupManifest& manifest() const { return manifest_; }
  std::uint64_t records() const { return sent_; }
  std::uint64_t bytes() const { return sent_bytes_; }
  bool continued() const { return continued_; }
  std::size_t nodes() const { return members_.up.size(); }

 private:
  static Status interrupted(const Status& why) {
    return {why.code(), why.message() +
                            "\nstator: the restore is not complete; run the same command again, and it "
                            "goes on: what was brought is merged once more, which changes nothing"};
  }

  Status find_cluster() {
    Result<ClusterMembers> members = find_members(options_.nodes);
    if (!members.is_ok()) return members.status();
    members_ = std::move(*members);
    if (!members_.missing.empty())
      return {Code::unavailable, "all nodes are needed, and these do not answer: " + members_.missing.front()};
    return Status::ok();
  }

  /// Before anything is sent: what one keyspace held cannot be kept by one that is not there, or ends conflicts
  /// otherwise.
  Status check_keyspaces() const {
    const auto here = keyspaces_of(members_.witness);
    if (!here.is_ok()) return here.status();
    const auto find = [&](const std::string& name) {
      return std::find_if(here->begin(), here->end(), [&](const KeyspaceFacts& facts) { return facts.name == name; });
    };
    std::set<std::string> wanted = contents_.keyspaces;
    for (const BackupManifest::Keyspace& keyspace : manifest_.keyspaces) wanted.insert(keyspace.name);
    for (const std::string& name : wanted) {
      if (find(name) == here->end())
        return refuse("the cluster has no keyspace \"" + name + "\", of which the backup has records");
    }
    for (const BackupManifest::Keyspace& keyspace : manifest_.keyspaces) {
      const std::string& resolver = find(keyspace.name)->resolver;
      if (resolver != keyspace.resolver)
        return refuse("keyspace " + keyspace.name + " was backed up with the resolver " + keyspace.resolver +
                      ", and has " + resolver + " here");
    }
    return Status::ok();
  }

  Bytes argument(bool check_only) const { return Json({{"id", manifest_.id}, {"check_only", check_only}}).dump(); }

  /// First all are asked whether they may be filled: where one may not, none notes anything.
  Status begin() {
    for (const bool check_only : {true, false}) {
      for (const ClusterMembers::Member& member : members_.up) {
        const auto answer = act(member.node, "/admin/restore/begin", argument(check_only));
        if (!answer.is_ok()) return answer.status();
        const Json page = Json::parse(answer->body, nullptr, false);
        continued_ = continued_ || field(page, "continues") == Json(true);
      }
    }
    return Status::ok();
  }

  Status end() {
    for (const ClusterMembers::Member& member : members_.up) {
      const auto answer = act(member.node, "/admin/restore/end", argument(false));
      if (!answer.is_ok()) return answer.status();
    }
    return Status::ok();
  }

  Status send_all(const BackupManifest::Node& node, const std::string& storage) {
    batch_ = {manifest_.id, {}};
    RecordReader reader([this](const RecordReader::Found& found) { add(found); });
    const std::string store = options_.directory + "/" + node.id + "/storage/" + storage;
    const Result<StoreExamination> read =
        examine_store(tools_, store, [&](BytesView key, BytesView value) { reader.entry(key, value); });
    if (!read.is_ok()) return read.status();
    if (!read->sound() || !reader.status().is_ok())
      return {Code::data_loss, store + " was sound a moment ago, and is not any more"};
    flush();
    return failure_;
  }

  // Nothing more is sent after a failure; the reading itself cannot be stopped.
  void add(const RecordReader::Found& found) {
    if (!failure_.is_ok()) return;
    if (batch_bytes_ + found.record.size() > kBatchBytes || batch_.entries.size() == kBatchRecords) flush();
    batch_.entries.push_back({found.keyspace, Bytes(found.key), Bytes(found.record)});
    batch_bytes_ += found.record.size();
  }

  void flush() {
    if (batch_.entries.empty() || !failure_.is_ok()) return;
    failure_ = send(encode_restore_batch(batch_));
    sent_ += batch_.entries.size();
    sent_bytes_ += batch_bytes_;
    batch_.entries.clear();
    batch_bytes_ = 0;
    progress_.say("restored " + std::to_string(sent_) + " of " + std::to_string(contents_.records + contents_.hints) +
                  " records, " + megabytes(sent_bytes_) + " of " + megabytes(contents_.bytes));
  }

  Status send(const Bytes& body) {
    const auto deadline = std::chrono::steady_clock::now() + kRestorePatience;
    for (;;) {
      const auto answer = act(members_.up[turn_ % members_.up.size()].node, "/admin/restore/records", body);
      if (answer.is_ok()) return Status::ok();
      ++turn_;
      if (!passes(answer.status().code()) || std::chrono::steady_clock::now() >= deadline) return answer.status();
      progress_.say("waits: " + answer.status().message());
      std::this_thread::sleep_for(kRetryPause);
    }
  }

  const BackupOptions& options_;
  const StorageTools& tools_;
  Progress& progress_;
  BackupManifest manifest_;
  BackupContents contents_;
  ClusterMembers members_;
  RestoreBatch batch_;
  std::size_t batch_bytes_ = 0;
  std::size_t turn_ = 0;
  Status failure_;
  std::uint64_t sent_ = 0;
  std::uint64_t sent_bytes_ = 0;
  bool continued_ = false;
};

}  // namespace

ExitCode restore_backup(const BackupOptions& options, Terminal& terminal) {
  const auto offline = OfflineTools::make(options.under, terminal);
  if (!offline.is_ok()) return fail(terminal, offline.status());
  Progress progress(terminal);
  Restoration restoration(options, (*offline)->tools(), progress);
  const Status done = restoration.run();
  progress.end();
  if (!done.is_ok()) return fail(terminal, done);
  const BackupManifest& manifest = restoration.manifest();
  if (options.json) {
    terminal.out << Json({{"id", manifest.id},
                          {"records", restoration.records()},
                          {"bytes", restoration.bytes()},
                          {"nodes", restoration.nodes()},
                          {"continued", restoration.continued()},
                          {"abandoned", options.abandon}})
                        .dump()
                 << '\n';
    return ExitCode::ok;
  }
  if (options.abandon) {
    terminal.out << "the cluster is not being filled from backup " << manifest.id << " any more\n";
    return ExitCode::ok;
  }
  terminal.out << "backup " << manifest.id << " of cluster " << manifest.cluster << " is restored"
               << (restoration.continued() ? ", after an interruption" : "") << ": " << restoration.records()
               << " records, " << megabytes(restoration.bytes()) << ", each on all nodes that hold it, of "
               << restoration.nodes() << '\n';
  return ExitCode::ok;
}

}  // namespace stator::cli
