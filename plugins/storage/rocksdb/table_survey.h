#pragma once

#include <rocksdb/options.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "stator/bytes.h"
#include "stator/files.h"
#include "stator/mending.h"
#include "stator/status.h"

namespace stator::rocks {

/// What is to stand at a place in a file.
struct Patch {
  std::uint64_t offset = 0;
  Bytes bytes;
};

/// Blocks of data in a table that cannot be read, and the keys that may stand in them.
struct TableDamage {
  std::vector<Patch> empty;      ///< the blocks, as empty ones
  std::vector<KeyRange> ranges;  ///< in order; one for several blocks that lie side by side
};

/// A table as far as people wrote into it: its first key and its last.
struct TableExtent {
  Path file;
  Bytes first;
  Bytes last;
};

/// Reads all of the table from the disk. data_loss if what cannot be read is not a block of data, or is in a format
/// that RocksStorage does not write. `options` name the Env. [blocking]
Result<TableDamage> survey_table(const ::rocksdb::Options& options, const TableExtent& table);

/// Visits the keys of the range in a table, as it would be with the patches. [blocking]
Status visit_keys(const ::rocksdb::Options& options, const Path& file, const std::vector<Patch>& patches,
                  const KeyRange& range, const std::function<Status(BytesView key)>& visit);

/// Writes them into the file, durably. Who reads it meanwhile sees each place as it was, as it is, or damaged.
/// [blocking]
Status apply(::rocksdb::Env& env, const Path& file, const std::vector<Patch>& patches);

}  // namespace stator::rocks
