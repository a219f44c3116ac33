#include "kernel/node/storage_quarantine.h"

#include <fcntl.h>
#include <stdio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernel/causality/wire.h"
#include "kernel/files/posix_files.h"
#include "kernel/node/storage_directory.h"
#include "kernel/node/store_meta.h"
#include "kernel/replica/storage_keys.h"

// STORE/quarantine/TIME/ holds a file UNFINISHED while the new files are made there; from the step in which they change
// places on, the damaged ones, and REPORT, a line for each fault.

namespace stator {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBatchBytes = 1 << 20;

/// Gathers entries into batches. [serial]
class Filling {
 public:
  explicit Filling(Storage& storage) : storage_(storage) {}
  void add(BytesView key, BytesView value) {
    bytes_ += key.size() + value.size();
    entries_.emplace_back(key, value);
    if (bytes_ >= kBatchBytes) flush();
  }
  Status finish() {
    flush();
    return failed_;
  }

 private:
  void flush() {
    std::vector<Mutation> batch;
    batch.reserve(entries_.size());
    for (const auto& [key, value] : entries_) batch.push_back({key, value});
    if (failed_.is_ok() && !batch.empty()) failed_ = storage_.write(batch);
    entries_.clear();
    bytes_ = 0;
  }

  Storage& storage_;
  std::vector<std::pair<Bytes, Bytes>> entries_;
  std::size_t bytes_ = 0;
  Status failed_;
};

/// "20261125T140312.123Z", so that names are in order.
std::string time_name(Stamp now) {
  const auto seconds = static_cast<std::time_t>(now.millis() / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  const std::size_t size = std::strftime(text, sizeof text, "%Y%m%dT%H%M%S", &parts);
  const std::string millis = std::to_string(1000 + now.millis() % 1000);
  return std::string(text, size) + '.' + millis.substr(1) + 'Z';
}

/// One quarantine under way.
class Quarantine {
 public:
  Quarantine(const StorageTools& tools, const Path& store, Stamp now)
      : tools_(tools),
        store_(store),
        now_(now),
        place_(store + "/quarantine/" + time_name(now)),
        unfinished_(place_ + "/UNFINISHED") {}

  Result<QuarantineReport> run() {
    const Result<std::unique_ptr<FileLock>> lock = lock_storage_directory(files_, store_);
    if (!lock.is_ok()) return lock.status();
    Result<StoreExamination> found = examine_store(tools_, store_, [](BytesView, BytesView) {});
    if (!found.is_ok()) return found.status();
    QuarantineReport report{.found = std::move(*found)};
    if (report.found.sound()) return report;
    if (!report.found.salvageable)
      return Status(Code::failed_precondition,
                    store_ + " is damaged, and its plugin " + report.found.plugin +
                        " cannot tell what of it is whole (it offers no " + std::string(SalvageOffers::kExtensionId) +
                        "): put a good copy of it back, or move it away and have the node filled by its peers");
    clear_leftovers();
    Status done = fill(report.found);
    if (!done.is_ok()) {
      drop(place_);
      return done;
    }
    if (done = exchange(report.found); !done.is_ok()) return done;
    report.changed = true;
    report.aside = place_;
    return report;
  }

 private:
  /// Of runs that were interrupted while they still filled the new files.
  void clear_leftovers() {
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(store_ + "/quarantine", error)) {
      std::error_code ignored;
      if (fs::exists(entry.path() / "UNFINISHED", ignored)) drop(entry.path().string());
    }
  }

  static void drop(const Path& place) {
    std::error_code error;
    // The mark last: while it stands the rest is known to be a leftover.
    fs::remove_all(place + "/data", error);
    if (!error) fs::remove_all(place, error);
  }

  Status fill(const StoreExamination& expected) {
    if (Status made = files_.create_directory(place_); !made.is_ok()) return made;
    if (Result<std::unique_ptr<File>> mark = files_.open(unfinished_, OpenMode::create); !mark.is_ok())
      return mark.status();
    if (Status synced = files_.sync_directory(place_); !synced.is_ok()) return synced;
    OfflineStorage fresh(tools_.say);
    if (Status made = fresh.make(tools_, store_, expected.plugin); !made.is_ok()) return made;
    if (Status opened = fresh.storage().open(place_ + "/data"); !opened.is_ok()) return opened;
    Filling filling(fresh.storage());
    const Result<StoreExamination> read = examine_store(tools_, store_, [&](BytesView key, BytesView value) {
      if (!expected.is_unfit(key)) filling.add(key, value);
    });
    if (!read.is_ok()) return read.status();
    if (Status filled = filling.finish(); !filled.is_ok()) return filled;
    if (Status equal = verify(fresh.storage(), read->whole); !equal.is_ok()) return equal;
    if (read->whole.entries != expected.whole.entries) return {Code::unavailable, store_ + " is being changed"};
    return note_loss(fresh.storage(), read->entries, std::max(now_, read->entries.newest()));
  }

  static Status verify(Storage& storage, const StorageProgress& expected) {
    StorageProgress found;
    Status scanned = storage.scan({}, {}, [&found](BytesView key, BytesView value) {
      ++found.entries;
      found.bytes += key.size() + value.size();
      return true;
    });
    if (!scanned.is_ok()) return scanned;
    if (found.entries == expected.entries && found.bytes == expected.bytes) return Status::ok();
    return {Code::data_loss, "the new files do not read as they were written"};
  }

  /// The one step that counts. There is no moment at which the node would find nothing, and begin anew.
  Status exchange(const StoreExamination& found) {
    if (Status done = files_.remove(unfinished_); !done.is_ok()) return done;
    for (const Path& directory : {place_, store_ + "/quarantine", store_}) {
      if (Status synced = files_.sync_directory(directory); !synced.is_ok()) return synced;
    }
    const Path fresh = place_ + "/data";
    const Path damaged = store_ + "/data";
    if (::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, damaged.c_str(), RENAME_EXCHANGE) != 0) {
      const std::string why = std::strerror(errno);
      return {Code::internal, "the new files in " + fresh + " cannot be exchanged with " + damaged + ": " + why +
                                  "; exchange them by hand, or remove the new ones"};
    }
    for (const Path& directory : {place_, store_}) {
      if (Status synced = files_.sync_directory(directory); !synced.is_ok()) return synced;
    }
    return write_report(found);
  }

  Status write_report(const StoreExamination& found) {
    std::string text;
    for (const StorageFault& fault : found.files.faults)
      text += fault.file + " offset " + std::to_string(fault.offset) + " bytes " + std::to_string(fault.bytes) + ": " +
              fault.what + '\n';
    const Result<std::unique_ptr<File>> file = files_.open(place_ + "/REPORT", OpenMode::create);
    if (!file.is_ok()) return file.status();
    if (Status written = (*file)->write(0, text); !written.is_ok()) return written;
    return (*file)->sync();
  }

  const StorageTools& tools_;
  const Path store_;
  const Stamp now_;
  const Path place_;
  const Path unfinished_;
  PosixFiles files_;
};

}  // namespace

Status note_loss(Storage& storage, const EntryCheck& held, Stamp newest) {
  // The clock goes on past the barrier, or what the node reads at first would be refused as read before it.
  std::vector<std::pair<Bytes, Bytes>> notes{{clock_limit_key(), encode_stamp(Stamp{newest.bits + 1})},
                                             {barrier_key(), encode_stamp(newest)},
                                             {forgot_key(), Bytes()}};
  for (const std::uint16_t id : held.unknown_keyspaces()) {
    Bytes value;
    ByteWriter(value).varint(id);
    ByteWriter(value).counted("lost");
    notes.emplace_back(meta_key("keyspace/?" + std::to_string(id)), std::move(value));
  }
  const Bytes clean = meta_key("clean");
  std::vector<Mutation> batch{{clean, {}, true}};
  for (const auto& [key, value] : notes) batch.push_back({key, value});
  return storage.write(batch);
}

Status with_advice(const Status& refused, const Path& data_directory, const Path& config) {
  if (refused.code() != Code::data_loss) return refused;
  return {refused.code(), refused.message() + "; it is among what the node has noted for itself or keeps for others: " +
                              "put a good copy of it back, or set the damage aside and have this node filled by its "
                              "peers: stator storage quarantine " +
                              data_directory + " --config=" + config};
}

Result<QuarantineReport> quarantine_store(const StorageTools& tools, const Path& store, Stamp now) {
  return Quarantine(tools, store, now).run();
}

}  // namespace stator
