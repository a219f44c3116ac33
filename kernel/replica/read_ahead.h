#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernel/replica/row_reader.h"
#include "kernel/replica/store.h"
#include "kernel/seams/executor.h"
#include "kernel/seams/readers.h"
#include "stator/status.h"
#include "stator/task.h"

namespace stator {

/// Asks for the rows of a large copy that a task is going to read. Null: for none. [any-thread]
using RowNeeds = std::function<void(const Head& head, RowReader& rows)>;
/// All there are.
RowNeeds all_rows();

/// Reads what is stored of a key before a read-merge-write of it begins, where that read may wait for a disk; one
/// loop's, for the keys it owns.
///
/// Laws: what is at hand when a task runs is what is stored at that moment, as far as this loop was told: a read that a
/// commit of the key has overtaken is made again. Tasks of one key run in the order in which they came. [its loop]
class ReadAhead {
 public:
  using Stored = Result<std::optional<Bytes>>;
  using Key = std::pair<const Store*, Bytes>;
  using Then = UniqueFunction<void(const KeyAddress&)>;

  explicit ReadAhead(Executor& executor) : executor_(executor) {}

  /// Runs `then` when the key's stored copy is at hand, with an address that is good for the call; if that is a head,
  /// the rows that `needs` asks for have been read once. The store has readers.
  void read(const KeyAddress& at, Bytes storage_key, RowNeeds needs, Then then);
  /// Whether tasks of the key wait.
  bool reading(const Key& key) const { return !reading_.empty() && reading_.contains(key); }
  /// What is stored of the key, if it is at hand: inside a task of read() for that key. Lives as long as the task.
  const Stored* at_hand(const Store& store, BytesView storage_key) const;
  /// A commit of the key has ended: what is being read may be what was there before.
  void changed(const Key& key);
  /// Anything in that store may be another than what is being read.
  void changed(const Store& store);
  /// Tasks that wait, of all keys.
  std::size_t waiting() const;
  /// Reads that a commit had overtaken.
  std::uint64_t overtaken() const { return overtaken_; }

 private:
  struct Waiting {
    Partition partition;
    std::uint16_t keyspace;
    Bytes key;
    std::string hint_for;
    Then then;
  };
  struct Reading {
    Store* store;
    std::uint64_t changes = 0;
    int tries = 0;
    std::deque<Waiting> waiting;
    std::vector<RowNeeds> needs;  ///< that are not read for yet
  };

  void begin(const Key& key, Reading& reading);
  void end(const Key& key, std::uint64_t changes, Stored stored);

  Executor& executor_;
  std::map<Key, Reading> reading_;
  const std::pair<Key, Stored>* at_hand_ = nullptr;
  std::uint64_t overtaken_ = 0;
};

}  // namespace stator
