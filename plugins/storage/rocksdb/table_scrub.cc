#include "table_scrub.h"

#include <rocksdb/table.h>

#include <algorithm>
#include <vector>

#include "statuses.h"

namespace stator::rocks {
namespace {

constexpr std::uint64_t kPiece = 1 << 20;

/// In the order in which they were made.
std::vector<::rocksdb::LiveFileMetaData> tables_of(::rocksdb::DB& database) {
  std::vector<::rocksdb::LiveFileMetaData> tables;
  database.GetLiveFilesMetaData(&tables);
  std::sort(tables.begin(), tables.end(), [](const auto& a, const auto& b) { return a.file_number < b.file_number; });
  return tables;
}

}  // namespace

Result<Scrubbing::Piece> TableScrub::next(::rocksdb::DB& database, const ::rocksdb::Options& options) {
  if (at_ != nullptr) return read();
  if (done_ == 0) {
    if (const ::rocksdb::Status flushed = database.Flush({}); !flushed.ok()) return to_status(flushed);
  }
  const std::vector<::rocksdb::LiveFileMetaData> tables = tables_of(database);
  if (done_ == 0) end_ = tables.empty() ? 0 : tables.back().file_number + 1;
  const auto next =
      std::find_if(tables.begin(), tables.end(), [this](const auto& table) { return table.file_number > done_; });
  if (next == tables.end() || next->file_number >= end_) {
    done_ = 0;
    return Scrubbing::Piece{.last = true};
  }
  done_ = next->file_number;
  const ::rocksdb::Status opened = open(options, next->directory + "/" + next->relative_filename);
  return opened.ok() ? read() : met(opened);
}

// Past the system's cache too, or a table that is often read would never be read from the disk.
::rocksdb::Status TableScrub::open(const ::rocksdb::Options& options, const Path& table) {
  std::unique_ptr<::rocksdb::RandomAccessFile> file;
  if (options.env->NewRandomAccessFile(table, &file, {}).ok()) (void)file->InvalidateCache(0, 0);
  ::rocksdb::BlockBasedTableOptions uncached;
  uncached.no_block_cache = true;
  ::rocksdb::Options reading;
  reading.env = options.env;
  reading.info_log = options.info_log;
  reading.table_factory.reset(::rocksdb::NewBlockBasedTableFactory(uncached));
  reader_ = std::make_unique<::rocksdb::SstFileReader>(reading);
  if (::rocksdb::Status opened = reader_->Open(table); !opened.ok()) return opened;
  at_.reset(reader_->NewIterator({}));
  at_->SeekToFirst();
  return {};
}

Result<Scrubbing::Piece> TableScrub::read() {
  Scrubbing::Piece piece;
  for (; at_->Valid() && piece.bytes < kPiece; at_->Next()) piece.bytes += at_->key().size() + at_->value().size();
  if (at_->Valid()) return piece;
  const ::rocksdb::Status status = at_->status();
  at_.reset();
  return status.ok() ? piece : met(status);
}

// A table that compactions were done with meanwhile is none any more.
Result<Scrubbing::Piece> TableScrub::met(const ::rocksdb::Status& status) {
  if (status.IsPathNotFound() || status.IsNotFound()) return Scrubbing::Piece{};
  if (!mending_.note(status)) return to_status(status);
  return Scrubbing::Piece{.damage = 1};
}

void TableScrub::close() {
  at_.reset();
  reader_.reset();
}

}  // namespace stator::rocks
