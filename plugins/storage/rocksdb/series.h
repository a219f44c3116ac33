#pragma once

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/statistics.h>

#include <string>
#include <vector>

#include "stator/metrics.h"

namespace stator::rocks {

/// Where the numbers are read; outlives the series.
struct SeriesSources {
  ::rocksdb::DB& database;
  ::rocksdb::Statistics& statistics;
  ::rocksdb::Cache& cache;
};

/// What an operator of RocksDB looks at, as `stator_rocksdb_…` with the label storage: its tickers, the state of its
/// levels and buffers, and the slowest hundredth of its gets and syncs.
std::vector<MetricSeries> series_of(const SeriesSources& sources, const std::string& instance);

}  // namespace stator::rocks
