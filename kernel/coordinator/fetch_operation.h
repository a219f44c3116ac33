#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "kernel/coordinator/coordinator.h"

namespace stator {

/// Brings into this node's copy of a key what other nodes hold of it, until it has seen all that a client has. Shared
/// by the answers it waits for. [the coordinator's loop]
class FetchOperation : public std::enable_shared_from_this<FetchOperation> {
 public:
  struct Input {
    Keyspace& keyspace;
    Partition partition = 0;
    Bytes key;
    std::string hint_for;            ///< the primary in whose place the copy stands; empty: this node's own
    std::vector<std::string> nodes;  ///< to ask
    Context wanted;
    TimePoint deadline;  ///< of their answers
    std::string trace_id;
  };
  /// `done` comes when the copy has seen `wanted`, or all have answered: whoever asked sees for itself. Never inside
  /// start(), unless there is nobody to ask.
  FetchOperation(Coordinator& coordinator, Input input, Task done);
  void start();

 private:
  KeyAddress address() const;
  void add_answer(const Result<Frame>& reply);
  void take(Record record);
  void look();
  void finish();

  Coordinator& coordinator_;
  const Input input_;
  Task done_;
  std::size_t open_;
  Stamp born_;  // the clock before anything was read
};

}  // namespace stator
