#pragma once

#include <rocksdb/db.h>
#include <rocksdb/sst_file_reader.h>

#include <cstdint>
#include <memory>
#include <string>

#include "stator/scrubbing.h"
#include "table_mending.h"

namespace stator::rocks {

/// Reads all tables of the database again, block after block, as Scrubbing says. What was in no table when a pass began
/// is written to one first. A damaged block is told to the mending, which will look at the rest of its table. [serial]
class TableScrub {
 public:
  /// The mending outlives it.
  explicit TableScrub(TableMending& mending) : mending_(mending) {}

  /// `options` are those of the database.
  Result<Scrubbing::Piece> next(::rocksdb::DB& database, const ::rocksdb::Options& options);
  /// Before the database is closed.
  void close();

 private:
  Result<Scrubbing::Piece> read();
  Result<Scrubbing::Piece> met(const ::rocksdb::Status& status);
  ::rocksdb::Status open(const ::rocksdb::Options& options, const Path& table);

  TableMending& mending_;
  std::uint64_t done_ = 0;  ///< the number of the table that was read last in this pass; 0: none yet
  std::uint64_t end_ = 0;   ///< tables from that number on were made after this pass began
  std::unique_ptr<::rocksdb::SstFileReader> reader_;
  std::unique_ptr<::rocksdb::Iterator> at_;  ///< where to go on in it; null: at the next table
};

}  // namespace stator::rocks
