#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kernel/causality/head.h"
#include "kernel/replica/rows.h"
#include "kernel/replica/store.h"
#include "stator/bytes.h"
#include "stator/storage.h"

namespace stator {

/// What a head says of its rows, or what those that were met add up to. A value.
struct RowTally {
  std::uint64_t count = 0;
  std::uint64_t sum = 0;  ///< of their digests, modulo 2^64

  bool operator==(const RowTally&) const = default;
  void add(BytesView row);
};

/// How far a large copy's rows were read: some at a time.
struct RowCursor {
  Bytes from;  ///< the next is looked for from here
  Bytes last;  ///< and before that
  RowTally tally;
  bool done = false;

  explicit RowCursor(Bytes rows_prefix) : from(std::move(rows_prefix)), last(prefix_end(from)) {}
  /// Reads up to so many rows, or a little more than so many bytes. How many bytes it read. [any-thread]
  Result<std::size_t> read(Storage& storage, std::size_t most_rows, std::size_t most_bytes);
};

/// Finds out which large copies are not whole, by their heads and rows, which come in any order. [serial]
class RowFit {
 public:
  /// A head without all of its rows, or with others; or rows without a head.
  struct Misfit {
    Partition partition = 0;
    std::uint16_t keyspace = 0;
    Bytes key;
    bool head = false;
    std::uint64_t entries = 0;  ///< that were met and taken, the head too
    std::uint64_t bytes = 0;    ///< of their keys and values
  };

  /// False for what is no head under a data key.
  bool head(BytesView storage_key, BytesView stored);
  /// False for what is no row under its own key: then the copy that it should be of is not whole.
  bool row(BytesView storage_key, BytesView stored);
  /// When all have come; ascending by rows_prefix.
  std::vector<Misfit> misfits() const;

 private:
  struct Met {
    std::optional<RowTally> expected;
    std::optional<RowTally> found;
    bool spoilt = false;
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;
    void count(BytesView storage_key, BytesView stored) { ++entries, bytes += storage_key.size() + stored.size(); }
  };

  std::map<Bytes, Met> met_;  // by rows_prefix
};

/// The keys of a range whose copies are not whole, or did not seem to be because they changed meanwhile. [any-thread,
/// blocking]
Result<std::vector<Bytes>> misfits_in(const CopyRange& range);
/// Whether the copy is, which does not change meanwhile; also if nothing is there. [any-thread, blocking]
Result<bool> is_whole(const KeyAddress& at);

}  // namespace stator
