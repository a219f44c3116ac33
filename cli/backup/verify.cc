#include "cli/backup/verify.h"

#include <filesystem>
#include <ostream>

#include "cli/backup/records.h"
#include "cli/backup/verbs.h"
#include "cli/offline_tools.h"
#include "cli/store_report.h"
#include "kernel/files/posix_files.h"
#include "kernel/files/sha256.h"

namespace stator::cli {
namespace {

namespace fs = std::filesystem;

/// Far more than the manifest of any backup has.
constexpr std::size_t kMaxManifest = 256 << 20;

Status damaged(const std::string& what) { return {Code::data_loss, what}; }

Status check_file(Files& files, const std::string& place, const BackupManifest::File& file) {
  const Result<FileHash> hash = hash_file(files, place + "/" + file.path, [] { return false; });
  if (hash.status().code() == Code::not_found) return damaged(place + "/" + file.path + " is missing");
  if (!hash.is_ok()) return hash.status();
  if (hash->size != file.size)
    return damaged(place + "/" + file.path + " has " + std::to_string(hash->size) + " bytes, and the manifest says " +
                   std::to_string(file.size));
  if (hash->sha256 != file.sha256)
    return damaged(place + "/" + file.path + " is not what was backed up: its SHA-256 is another");
  return Status::ok();
}

/// A storage would take what lies beside its files for its own. Only the lock that reading them takes comes later.
Status check_strangers(const std::string& place, const BackupManifest::Node& node) {
  std::set<std::string> known;
  for (const BackupManifest::File& file : node.files) known.insert(file.path);
  std::error_code error;
  for (auto at = fs::recursive_directory_iterator(place, error); at != fs::recursive_directory_iterator();
       at.increment(error)) {
    if (error) break;
    const std::string path = at->path().string().substr(place.size() + 1);
    const bool is_directory = at->is_directory(error) && !at->is_symlink(error);
    const bool is_lock = at->path().filename() == "LOCK" && fs::is_empty(at->path(), error);
    if (!is_directory && !is_lock && !known.contains(path))
      return damaged(place + "/" + path + " is not in the manifest");
  }
  return error ? damaged(place + ": " + error.message()) : Status::ok();
}

/// One backup, gone through once. [serial]
class Verification {
 public:
  Verification(const std::string& directory, const BackupManifest& manifest, const StorageTools& tools,
               Progress& progress)
      : directory_(directory), manifest_(manifest), tools_(tools), progress_(progress) {}

  Result<BackupContents> run() {
    for (const BackupManifest::Node& node : manifest_.nodes) {
      if (Status good = check_files(node); !good.is_ok()) return good;
    }
    for (const BackupManifest::Node& node : manifest_.nodes) {
      for (const std::string& storage : node.storages) {
        if (Status good = read(node, storage); !good.is_ok()) return good;
      }
    }
    return contents_;
  }

 private:
  Status check_files(const BackupManifest::Node& node) {
    const std::string place = directory_ + "/" + node.id;
    for (const BackupManifest::File& file : node.files) {
      if (Status good = check_file(files_, place, file); !good.is_ok()) return good;
      hashed_ += file.size;
      progress_.say("verified " + megabytes(hashed_) + " of " + megabytes(manifest_.bytes()));
    }
    return check_strangers(place, node);
  }

  Status read(const BackupManifest::Node& node, const std::string& storage) {
    const std::string store = directory_ + "/" + node.id + "/storage/" + storage;
    RecordReader reader([this](const RecordReader::Found& found) {
      ++(found.hint ? contents_.hints : contents_.records);
      contents_.bytes += found.record.size();
      contents_.keyspaces.insert(found.keyspace);
      progress_.say("read " + std::to_string(contents_.records + contents_.hints) + " records, " +
                    megabytes(contents_.bytes));
    });
    const Result<StoreExamination> examined =
        examine_store(tools_, store, [&](BytesView key, BytesView value) { reader.entry(key, value); });
    if (!examined.is_ok()) return examined.status();
    if (!examined->sound()) {
      const StorageFault& fault = examined->files.faults.front();
      return damaged(fault.file + " at offset " + std::to_string(fault.offset) + ": " + fault.what);
    }
    return reader.status().is_ok() ? Status::ok() : damaged(store + ": " + reader.status().message());
  }

  const std::string& directory_;
  const BackupManifest& manifest_;
  const StorageTools& tools_;
  Progress& progress_;
  PosixFiles files_;
  BackupContents contents_;
  std::uint64_t hashed_ = 0;
};

void print(const BackupManifest& manifest, const BackupContents& contents, bool json, std::ostream& out) {
  if (json) {
    out << Json({{"id", manifest.id},
                 {"cluster", manifest.cluster},
                 {"taken", manifest.taken},
                 {"nodes", manifest.nodes.size()},
                 {"missing", manifest.missing},
                 {"file_bytes", manifest.bytes()},
                 {"records", contents.records},
                 {"hints", contents.hints},
                 {"record_bytes", contents.bytes}})
               .dump()
        << '\n';
    return;
  }
  out << "backup " << manifest.id << " of cluster " << manifest.cluster << ", taken " << manifest.taken << ": sound\n"
      << manifest.nodes.size() << " nodes, " << megabytes(manifest.bytes())
      << " in files, all as they were written: " << contents.records << " records and " << contents.hints
      << " kept for other nodes, " << megabytes(contents.bytes) << "\n";
  for (const std::string& node : manifest.missing) out << node << " did not answer, and is not in it\n";
}

}  // namespace

Result<BackupManifest> read_manifest(const std::string& directory) {
  PosixFiles files;
  const std::string path = directory + "/" + BackupManifest::kFileName;
  const Result<std::unique_ptr<File>> file = files.open(path, OpenMode::read);
  if (file.status().code() == Code::not_found)
    return Status(Code::failed_precondition,
                  directory + " is no backup, or one that was not finished: it has no " + BackupManifest::kFileName);
  if (!file.is_ok()) return file.status();
  const Result<Bytes> text = (*file)->read(0, kMaxManifest);
  if (!text.is_ok()) return text.status();
  return decode_manifest(*text);
}

Result<BackupContents> verify_backup(const std::string& directory, const BackupManifest& manifest,
                                     const StorageTools& tools, Progress& progress) {
  return Verification(directory, manifest, tools, progress).run();
}

ExitCode verify_backup(const BackupOptions& options, Terminal& terminal) {
  const Result<BackupManifest> manifest = read_manifest(options.directory);
  if (!manifest.is_ok())
    return manifest.status().code() == Code::data_loss ? fail(terminal, manifest.status())
                                                       : unfit(terminal, manifest.status());
  const auto offline = OfflineTools::make(options.under, terminal);
  if (!offline.is_ok()) return unfit(terminal, offline.status());
  Result<BackupContents> contents = [&] {
    Progress progress(terminal);
    return verify_backup(options.directory, *manifest, (*offline)->tools(), progress);
  }();
  if (!contents.is_ok())
    return contents.status().code() == Code::data_loss ? fail(terminal, contents.status())
                                                       : unfit(terminal, contents.status());
  print(*manifest, *contents, options.json, terminal.out);
  return ExitCode::ok;
}

ExitCode run(const BackupOptions& options, Terminal& terminal) {
  PosixFiles files;
  switch (options.verb) {
    case BackupOptions::Verb::create: return create_backup(options, terminal, files);
    case BackupOptions::Verb::verify: return verify_backup(options, terminal);
    case BackupOptions::Verb::restore: return restore_backup(options, terminal);
  }
  return ExitCode::usage;
}

}  // namespace stator::cli
