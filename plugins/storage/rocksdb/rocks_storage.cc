#include "rocks_storage.h"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/statistics.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>
#include <vector>

#include "diary.h"
#include "directory.h"
#include "examination.h"
#include "series.h"
#include "stator/plugin.h"
#include "statuses.h"
#include "torn_log.h"

namespace stator::rocks {
namespace {

constexpr std::uint64_t kLeastBuffer = 64 << 10;
constexpr int kMostThreads = 64;
// Every open table takes a descriptor; a process has 1024 by default.
constexpr int kOpenTables = 512;
constexpr std::chrono::seconds kBetweenLooks{2};
constexpr std::chrono::minutes kBetweenResumes{1};  // though no more is free

struct Compression {
  std::string_view name;
  ::rocksdb::CompressionType type;
};
constexpr std::array<Compression, 3> kCompressions = {
    {{"lz4", ::rocksdb::kLZ4Compression}, {"zstd", ::rocksdb::kZSTD}, {"none", ::rocksdb::kNoCompression}}};

const Compression* find_compression(std::string_view name) {
  const auto* found = std::find_if(kCompressions.begin(), kCompressions.end(),
                                   [name](const Compression& each) { return each.name == name; });
  return found == kCompressions.end() ? nullptr : found;
}

Status check(const RocksStorage::Options& options) {
  const Compression* compression = find_compression(options.compression);
  if (compression == nullptr)
    return {Code::invalid_argument, "compression is \"" + options.compression + "\", not lz4, zstd or none"};
  const std::vector<::rocksdb::CompressionType> built_in = ::rocksdb::GetSupportedCompressions();
  if (std::find(built_in.begin(), built_in.end(), compression->type) == built_in.end())
    return {Code::invalid_argument,
            "compression is \"" + options.compression + "\", which this RocksDB was built without"};
  if (options.write_buffer_bytes < kLeastBuffer)
    return {Code::invalid_argument,
            "write_buffer_bytes is " + std::to_string(options.write_buffer_bytes) + ", less than 64KiB"};
  if (options.background_threads < 1 || options.background_threads > kMostThreads)
    return {Code::invalid_argument,
            "background_threads is " + std::to_string(options.background_threads) + ", not 1 to 64"};
  return Status::ok();
}

::rocksdb::Slice slice(BytesView bytes) { return {bytes.data(), bytes.size()}; }
BytesView view(const ::rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

std::string advice(const Path& directory) {
  return "; 'stator storage check " + directory + "' names all damage in it, 'stator storage quarantine' sets it aside";
}

Status not_open() { return {Code::failed_precondition, "the storage is not open"}; }

}  // namespace

RocksStorage::RocksStorage(Host& host, Options options, ::rocksdb::Env* files)
    : host_(host), options_(std::move(options)), notes_(files, host), failure_(host) {
  if (auto* offers = extension<SalvageOffers>(host)) offers->offer(*this);
  if (auto* offers = extension<MendingOffers>(host)) offers->offer(*this);
  if (auto* offers = extension<ScrubbingOffers>(host)) offers->offer(*this);
}

std::unique_ptr<Storage> RocksStorage::create(Host& host, const Config& config, Status& why) {
  Options options;
  options.block_cache_bytes = config.bytes("block_cache_bytes");
  options.write_buffer_bytes = config.bytes("write_buffer_bytes");
  options.compression = config.text("compression");
  options.background_threads =
      static_cast<int>(std::clamp<std::int64_t>(config.integer("background_threads"), 0, kMostThreads + 1));
  options.instance = config.instance();
  why = check(options);
  if (!why.is_ok()) return nullptr;
  return std::make_unique<RocksStorage>(host, std::move(options));
}

RocksStorage::~RocksStorage() {
  shown_.reset();
  scrub_.close();
  if (database_ == nullptr) return;
  // Before another process may have the directory.
  if (failure_.status().is_ok()) notes_.note_logs(directory_);
  if (const ::rocksdb::Status closed = database_->Close(); !closed.ok() && failure_.status().is_ok())
    host_.log(LogLevel::warning, directory_ + " was not closed well: " + closed.ToString());
  database_.reset();
}

::rocksdb::Options RocksStorage::database_options() {
  ::rocksdb::BlockBasedTableOptions table;
  cache_ = ::rocksdb::NewLRUCache(options_.block_cache_bytes);
  table.block_cache = cache_;
  // Indexes and filters too, so that the cache bounds what reading takes in memory.
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  // Every write reads first, mostly keys that are not there yet: ten bits a key spare it the disk.
  table.filter_policy.reset(::rocksdb::NewBloomFilterPolicy(10));
  table.format_version = 5;
  table.checksum = ::rocksdb::kXXH3;  // as table_survey.cc knows it

  ::rocksdb::Options options;
  options.env = workers_.get();
  options.create_if_missing = true;
  options.table_factory.reset(::rocksdb::NewBlockBasedTableFactory(table));
  options.compression = find_compression(options_.compression)->type;
  options.write_buffer_size = options_.write_buffer_bytes;
  options.level_compaction_dynamic_level_bytes = true;
  options.max_background_jobs = options_.background_threads;
  options.max_open_files = kOpenTables;
  options.bytes_per_sync = 1 << 20;
  // A torn end of the log was never acknowledged; damage anywhere before it is refused, not skipped.
  options.wal_recovery_mode = ::rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.paranoid_checks = true;
  options.track_and_verify_wals_in_manifest = true;
  options.verify_sst_unique_id_in_manifest = true;
  // See Failure: what failed stays failed.
  options.max_bgerror_resume_count = 0;
  options.listeners.push_back(std::make_shared<FailureListener>(failure_, mending_));
  statistics_ = ::rocksdb::CreateDBStatistics();
  options.statistics = statistics_;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

Status RocksStorage::open(const Path& directory) {
  if (workers_ != nullptr) return {Code::failed_precondition, "the storage is open already"};
  if (Status checked = check(options_); !checked.is_ok()) return checked;
  workers_ = std::make_unique<Workers>(&tables_);
  directory_ = directory;
  if (Status prepared = prepare_directory(*workers_, directory); !prepared.is_ok()) return prepared;
  if (Status cut = prepare_logs(); !cut.is_ok()) return cut;
  ::rocksdb::Options options = database_options();
  options.info_log = std::make_shared<Diary>(*workers_, directory);
  ::rocksdb::DB* database = nullptr;
  const ::rocksdb::Status opened = ::rocksdb::DB::Open(options, directory, &database);
  if (opened.IsIOError() && opened.ToString().find(directory + "/LOCK") != std::string::npos)
    return {Code::unavailable, directory + " is in use by another process: one process per storage directory"};
  if (Status status = to_status(opened); !status.is_ok()) {
    return {status.code(), directory + " does not open: " + status.message() + "; " + directory + "/LOG says more" +
                               (status.code() == Code::data_loss ? advice(directory) : "")};
  }
  database_.reset(database);
  show_metrics();
  return Status::ok();
}

Status RocksStorage::prepare_logs() {
  DirectoryLock lock(*workers_);
  if (Status taken = lock.take(directory_); !taken.is_ok()) return taken;
  const Result<LogFindings> logs = examine_logs(*workers_, directory_);
  if (!logs.is_ok()) return logs.status();
  for (const std::string& remark : logs->remarks) host_.log(LogLevel::warning, remark);
  if (!logs->damaged.empty()) {
    const DamagedLog& first = logs->damaged.front();
    return {Code::data_loss, first.path + " is damaged at offset " + std::to_string(first.offset) + ": " + first.what +
                                 advice(directory_)};
  }
  return cut_torn_records(*workers_, directory_, host_);
}

void RocksStorage::show_metrics() {
  auto* metrics = extension<PluginMetrics>(host_);
  if (metrics != nullptr) shown_ = metrics->show(series_of({*database_, *statistics_, *cache_}, options_.instance));
}

bool RocksStorage::has_more_room(TimePoint now) {
  if (!full_since_) {
    full_since_ = now;
    free_then_.reset();
    next_look_ = now + kBetweenLooks;
  }
  if (now < next_look_) return false;
  next_look_ = now + kBetweenLooks;
  std::uint64_t free = 0;
  if (!workers_->GetFreeSpace(directory_, &free).ok()) free = 0;
  if (!free_then_) {
    free_then_ = free;
    return false;
  }
  return free >= *free_then_ + *free_then_ / 8 + options_.write_buffer_bytes || now >= *full_since_ + kBetweenResumes;
}

Status RocksStorage::resume() {
  Status failed = failure_.status();
  if (failed.code() != Code::storage_full || !has_more_room(host_.now())) return failed;
  full_since_.reset();
  const ::rocksdb::Status resumed = database_->Resume();
  if (!resumed.ok()) return resumed.IsNoSpace() ? failed : failure_.set(to_status(resumed));
  failure_.forget_fullness();
  return failure_.status();
}

Status RocksStorage::write(WriteBatch batch) {
  if (database_ == nullptr) return not_open();
  if (Status failed = resume(); !failed.is_ok()) return failed;
  ::rocksdb::WriteBatch group;
  for (const Mutation& mutation : batch) {
    const ::rocksdb::Status added =
        mutation.remove ? group.Delete(slice(mutation.key)) : group.Put(slice(mutation.key), slice(mutation.value));
    // Nothing was written yet: this one alone is refused.
    if (!added.ok()) return {Code::invalid_argument, "RocksDB: " + added.ToString()};
  }
  ::rocksdb::WriteOptions durable;
  durable.sync = true;
  std::lock_guard lock(writing_);
  const ::rocksdb::Status written = database_->Write(durable, &group);
  if (!written.ok()) {
    // The listener has heard of it before if it is for want of space for a table. In the log it would be for good: what
    // a log holds after that is not known, and RocksDB's writer of it cannot be used again.
    const Status known = failure_.status();
    return known.code() == Code::storage_full ? known : failure_.set(to_status(written));
  }
  wal_ops_.fetch_add(batch.size(), std::memory_order_relaxed);
  return Status::ok();
}

Result<std::optional<Bytes>> RocksStorage::get(BytesView key) {
  if (database_ == nullptr) return not_open();
  Bytes value;
  const ::rocksdb::Status found = database_->Get(::rocksdb::ReadOptions(), slice(key), &value);
  if (found.IsNotFound()) return std::optional<Bytes>();
  mending_.note(found);
  if (!found.ok()) return to_status(found);
  return std::optional<Bytes>(std::move(value));
}

Status RocksStorage::scan(BytesView first, BytesView last, const Visitor& visit) {
  if (database_ == nullptr) return not_open();
  const ::rocksdb::Slice bound = slice(last);
  ::rocksdb::ReadOptions options;
  if (!last.empty()) options.iterate_upper_bound = &bound;
  // Scans are the background's; they must not push what gets need out of the cache.
  options.fill_cache = false;
  const std::unique_ptr<::rocksdb::Iterator> at(database_->NewIterator(options));
  for (at->Seek(slice(first)); at->Valid(); at->Next()) {
    if (!visit(view(at->key()), view(at->value()))) break;
  }
  mending_.note(at->status());
  return to_status(at->status());
}

Result<std::vector<KeyRange>> RocksStorage::survey() {
  if (database_ == nullptr) return not_open();
  return mending_.survey(*database_, database_->GetOptions());
}

Status RocksStorage::give_up() {
  if (database_ == nullptr) return not_open();
  std::lock_guard lock(writing_);
  if (Status failed = failure_.status(); !failed.is_ok()) return failed;
  return mending_.give_up(*database_, database_->GetOptions());
}

Result<Scrubbing::Piece> RocksStorage::scrub_piece() {
  if (database_ == nullptr) return not_open();
  if (Status failed = failure_.status(); !failed.is_ok()) return failed;
  return scrub_.next(*database_, database_->GetOptions());
}

Status RocksStorage::checkpoint(const Path& directory) {
  if (database_ == nullptr) return not_open();
  if (Status prepared = prepare_copy(*workers_, directory); !prepared.is_ok()) return prepared;
  ::rocksdb::Checkpoint* made = nullptr;
  ::rocksdb::Status status = ::rocksdb::Checkpoint::Create(database_.get(), &made);
  const std::unique_ptr<::rocksdb::Checkpoint> checkpoint(made);
  if (status.ok()) status = checkpoint->CreateCheckpoint(directory);
  if (status.ok()) notes_.note_logs(directory);
  return to_status(status);
}

std::uint64_t RocksStorage::property(const std::string& name) const {
  std::uint64_t value = 0;
  return database_->GetIntProperty(name, &value) ? value : 0;
}

Result<StorageFindings> RocksStorage::examine(const Path& directory, const Visitor& visit) {
  if (workers_ != nullptr) return Status(Code::failed_precondition, "the storage is open");
  if (Status checked = check(options_); !checked.is_ok()) return checked;
  workers_ = std::make_unique<Workers>(&tables_);
  Result<StorageFindings> findings = rocks::examine(database_options(), directory, visit);
  workers_.reset();
  return findings;
}

StorageStats RocksStorage::stats() const {
  if (database_ == nullptr) return {};
  using Properties = ::rocksdb::DB::Properties;
  const std::uint64_t unflushed = property(Properties::kCurSizeAllMemTables);
  StorageStats stats;
  stats.keys = property(Properties::kEstimateNumKeys);
  stats.bytes = property(Properties::kEstimateLiveDataSize) + unflushed;
  stats.wal_ops = wal_ops_.load(std::memory_order_relaxed);
  stats.wal_bytes = unflushed;  // what is not in tables yet is what recovery would read
  stats.paths["wal"] = directory_;
  stats.paths["tables"] = directory_;
  return stats;
}

namespace {

constexpr stator_option kOptions[] = {
    {"block_cache_bytes", "bytes", "256MiB", "memory for blocks, indexes and filters of tables that were read"},
    {"write_buffer_bytes", "bytes", "64MiB",
     "memory for writes before they go to a table; bounds the time of recovery; at least 64KiB"},
    {"compression", "string", "lz4", "of tables: lz4, zstd or none; may be changed at any time"},
    {"background_threads", "int", "2", "threads that flush and compact; 1 to 64"},
    {nullptr, nullptr, nullptr, nullptr}};

}  // namespace
}  // namespace stator::rocks

STATOR_PLUGIN(stator::Storage, stator::rocks::RocksStorage, .name = "rocksdb", .version = "1.0.0",
              .capabilities = "reads-may-block,estimates-keys,checkpoints-by-link", .options = stator::rocks::kOptions);
