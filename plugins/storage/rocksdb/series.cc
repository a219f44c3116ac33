#include "series.h"

#include <utility>

namespace stator::rocks {
namespace {

using Properties = ::rocksdb::DB::Properties;

struct Ticker {
  ::rocksdb::Tickers ticker;
  const char* name;
  const char* help;
  double unit = 1;
};

constexpr double kMicrosecond = 1e-6;

constexpr Ticker kTickers[] = {
    {::rocksdb::BLOCK_CACHE_HIT, "block_cache_hits_total", "Blocks found in the block cache."},
    {::rocksdb::BLOCK_CACHE_MISS, "block_cache_misses_total", "Blocks that had to be read from a table."},
    {::rocksdb::BLOOM_FILTER_USEFUL, "bloom_useful_total", "Tables that a filter spared a get."},
    {::rocksdb::MEMTABLE_HIT, "memtable_hits_total", "Gets answered from a write buffer."},
    {::rocksdb::GET_HIT_L0, "gets_level0_total", "Gets answered from level 0."},
    {::rocksdb::GET_HIT_L1, "gets_level1_total", "Gets answered from level 1."},
    {::rocksdb::GET_HIT_L2_AND_UP, "gets_level2_total", "Gets answered from level 2 or deeper."},
    {::rocksdb::NUMBER_KEYS_WRITTEN, "keys_written_total", "Keys put."},
    {::rocksdb::NUMBER_KEYS_READ, "keys_read_total", "Keys asked for by gets."},
    {::rocksdb::BYTES_WRITTEN, "written_bytes_total", "Bytes of write batches."},
    {::rocksdb::BYTES_READ, "read_bytes_total", "Bytes of values that gets returned."},
    {::rocksdb::WAL_FILE_SYNCED, "wal_syncs_total", "Syncs of the log."},
    {::rocksdb::WAL_FILE_BYTES, "wal_bytes_total", "Bytes written to the log."},
    {::rocksdb::FLUSH_WRITE_BYTES, "flush_bytes_total", "Bytes written by flushes of write buffers."},
    {::rocksdb::COMPACT_READ_BYTES, "compaction_read_bytes_total", "Bytes read by compactions."},
    {::rocksdb::COMPACT_WRITE_BYTES, "compaction_written_bytes_total", "Bytes written by compactions."},
    {::rocksdb::STALL_MICROS, "stall_seconds_total", "Time writes were held up by flushes and compactions.",
     kMicrosecond},
    {::rocksdb::NO_FILE_ERRORS, "file_errors_total", "Errors when files were opened or read."},
};

struct Property {
  const std::string& property;
  const char* name;
  const char* help;
};

const Property kProperties[] = {
    {Properties::kEstimateNumKeys, "keys", "Keys, roughly."},
    {Properties::kEstimateLiveDataSize, "live_bytes", "Bytes of tables that hold live data, roughly."},
    {Properties::kTotalSstFilesSize, "tables_bytes", "Bytes of all tables."},
    {Properties::kCurSizeAllMemTables, "write_buffers_bytes", "Bytes in write buffers that are not in tables yet."},
    {Properties::kEstimateTableReadersMem, "table_readers_bytes", "Memory of open tables outside the block cache."},
    {Properties::kEstimatePendingCompactionBytes, "pending_compaction_bytes",
     "Bytes that compactions have to rewrite before all levels have their size, roughly."},
    {Properties::kNumRunningCompactions, "running_compactions", "Compactions under way."},
    {Properties::kNumRunningFlushes, "running_flushes", "Flushes under way."},
    {Properties::kIsWriteStopped, "writes_stopped", "1 while writes wait for flushes or compactions."},
    {Properties::kBackgroundErrors, "background_errors", "Errors of flushes and compactions since the start."},
};

struct Timing {
  ::rocksdb::Histograms histogram;
  const char* name;
  const char* help;
};

constexpr Timing kTimings[] = {
    {::rocksdb::DB_GET, "get_seconds", "Time of a get, since the start."},
    {::rocksdb::WAL_FILE_SYNC_MICROS, "wal_sync_seconds", "Time of a sync of the log, since the start."},
};

class Builder {
 public:
  Builder(std::vector<MetricSeries>& out, const std::string& instance) : out_(out), labels_{{"storage", instance}} {}
  void add(const char* name, const char* help, MetricSeries::Kind kind, std::function<double()> read) {
    out_.push_back({std::string("stator_rocksdb_") + name, help, labels_, kind, std::move(read)});
  }
  void label(const std::string& name, const std::string& value) { out_.back().labels[name] = value; }

 private:
  std::vector<MetricSeries>& out_;
  const std::map<std::string, std::string> labels_;
};

}  // namespace

std::vector<MetricSeries> series_of(const SeriesSources& sources, const std::string& instance) {
  using enum MetricSeries::Kind;
  std::vector<MetricSeries> all;
  Builder builder(all, instance);
  ::rocksdb::Statistics& statistics = sources.statistics;
  for (const Ticker& each : kTickers) {
    builder.add(each.name, each.help, counter, [&statistics, &each] {
      return static_cast<double>(statistics.getTickerCount(each.ticker)) * each.unit;
    });
  }
  for (const Property& each : kProperties) {
    builder.add(each.name, each.help, gauge, [&database = sources.database, &each] {
      std::uint64_t value = 0;
      return database.GetIntProperty(each.property, &value) ? static_cast<double>(value) : 0;
    });
  }
  builder.add("block_cache_bytes", "Bytes in the block cache.", gauge,
              [&cache = sources.cache] { return static_cast<double>(cache.GetUsage()); });
  for (const Timing& each : kTimings) {
    const auto read = [&statistics, &each](double ::rocksdb::HistogramData::*part) {
      ::rocksdb::HistogramData data;
      statistics.histogramData(each.histogram, &data);
      return data.*part * kMicrosecond;
    };
    builder.add(each.name, each.help, gauge, [read] { return read(&::rocksdb::HistogramData::median); });
    builder.label("quantile", "0.5");
    builder.add(each.name, each.help, gauge, [read] { return read(&::rocksdb::HistogramData::percentile99); });
    builder.label("quantile", "0.99");
  }
  return all;
}

}  // namespace stator::rocks
