#include "examination.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/sst_file_reader.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "directory.h"
#include "statuses.h"
#include "table_survey.h"
#include "torn_log.h"

namespace stator::rocks {
namespace {

/// RocksDB writes a file LOG wherever it is not given something to write to.
class Silent final : public ::rocksdb::Logger {
 public:
  using Logger::Logv;
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

/// "… in PATH offset 17 size 4096": what RocksDB says of a block.
StorageFault fault_of(const ::rocksdb::Status& status, const Path& file) {
  StorageFault fault{file, 0, 0, status.ToString()};
  const auto number_after = [&](const std::string& word) {
    std::uint64_t number = 0;
    const std::size_t at = fault.what.rfind(word);
    if (at != std::string::npos)
      std::from_chars(fault.what.data() + at + word.size(), fault.what.data() + fault.what.size(), number);
    return number;
  };
  fault.offset = number_after(" offset ");
  fault.bytes = number_after(" size ");
  return fault;
}

/// One database that nobody has open. [serial]
class Examined {
 public:
  Examined(::rocksdb::Options options, const Path& directory, StorageFindings& findings)
      : options_(std::move(options)), directory_(directory), findings_(findings) {}

  Status check_logs() {
    const Result<LogFindings> logs = examine_logs(*options_.env, directory_);
    if (!logs.is_ok()) return logs.status();
    findings_.remarks = logs->remarks;
    for (const DamagedLog& log : logs->damaged) findings_.faults.push_back({log.path, log.offset, log.bytes, log.what});
    return Status::ok();
  }

  /// False if nothing can be read of it.
  bool open() {
    ::rocksdb::Status opened = try_open();
    if (opened.ok() && findings_.faults.empty()) return true;
    if (findings_.faults.empty()) findings_.faults.push_back(fault_of(opened, directory_));
    // Records of the log behind one that is damaged are whole for themselves.
    options_.wal_recovery_mode = ::rocksdb::WALRecoveryMode::kSkipAnyCorruptedRecords;
    return try_open().ok();
  }

  void verify_tables() {
    std::vector<::rocksdb::LiveFileMetaData> tables;
    database_->GetLiveFilesMetaData(&tables);
    findings_.counts["tables"] = tables.size();
    for (const ::rocksdb::LiveFileMetaData& table : tables) {
      const Path path = directory_ + "/" + table.relative_filename;
      ::rocksdb::SstFileReader reader(options_);
      ::rocksdb::Status verified = reader.Open(path);
      if (verified.ok()) verified = reader.VerifyChecksum(::rocksdb::ReadOptions());
      bounds_.push_back(table.smallestkey);
      bounds_.push_back(table.largestkey + '\0');
      if (verified.ok()) continue;
      findings_.faults.push_back(fault_of(verified, path));
      const Result<TableDamage> damage = survey_table(options_, {path, table.smallestkey, table.largestkey});
      if (!damage.is_ok()) continue;  // more than blocks of data
      for (const KeyRange& hidden : damage->ranges) bounds_.push_back(hidden.last);
    }
    std::sort(bounds_.begin(), bounds_.end());
  }

  /// Where a table cannot be read, goes on at the next place at which one can be again, begins or ends: nothing older
  /// is shown in place of what is hidden there.
  void visit_all(const Visitor& visit) {
    ::rocksdb::ReadOptions options;
    options.fill_cache = false;
    std::optional<std::string> from{std::string()};
    std::string last;  // all up to here was visited, or could not be
    while (from) {
      const std::unique_ptr<::rocksdb::Iterator> at(database_->NewIterator(options));
      for (at->Seek(*from); at->Valid(); at->Next()) {
        last = at->key().ToString();
        visit({at->key().data(), at->key().size()}, {at->value().data(), at->value().size()});
      }
      if (at->status().ok()) return;
      if (findings_.faults.empty()) findings_.faults.push_back(fault_of(at->status(), directory_));
      const auto next = std::upper_bound(bounds_.begin(), bounds_.end(), std::max(last, *from));
      from = next == bounds_.end() ? std::nullopt : std::optional(*next);
    }
  }

 private:
  ::rocksdb::Status try_open() {
    ::rocksdb::DB* database = nullptr;
    ::rocksdb::Status opened = ::rocksdb::DB::OpenForReadOnly(options_, directory_, &database);
    database_.reset(database);
    return opened;
  }

  ::rocksdb::Options options_;
  const Path& directory_;
  StorageFindings& findings_;
  std::unique_ptr<::rocksdb::DB> database_;
  std::vector<std::string> bounds_;  ///< first keys of tables, the least ones behind them, and behind damaged blocks
};

}  // namespace

Result<StorageFindings> examine(::rocksdb::Options options, const Path& directory, const Visitor& visit) {
  StorageFindings findings;
  const Status prepared = prepare_directory(*options.env, directory);
  if (prepared.code() == Code::data_loss) {
    findings.faults.push_back({directory + "/CURRENT", 0, 0, prepared.message()});
    return findings;
  }
  if (!prepared.is_ok()) return prepared;
  DirectoryLock lock(*options.env);
  if (Status taken = lock.take(directory); !taken.is_ok()) return taken;
  if (!options.env->FileExists(directory + "/CURRENT").ok()) return findings;
  options.create_if_missing = false;
  options.info_log = std::make_shared<Silent>();
  Examined database(std::move(options), directory, findings);
  if (Status checked = database.check_logs(); !checked.is_ok()) return checked;
  if (!database.open()) return findings;
  database.verify_tables();
  database.visit_all(visit);
  return findings;
}

}  // namespace stator::rocks
