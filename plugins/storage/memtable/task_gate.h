#pragma once

#include <functional>
#include <memory>

#include "stator/host.h"

namespace stator::memtable {

/// Lets a storage do work in the host's background and still be destroyed at any time: after close() no task starts,
/// and none is running. On a host without a background the work is done inside run(). [any-thread]
class TaskGate {
 public:
  explicit TaskGate(Host& host);
  ~TaskGate() { close(); }
  TaskGate(const TaskGate&) = delete;
  TaskGate& operator=(const TaskGate&) = delete;

  /// The task may be dropped, if the gate closes before it starts.
  void run(Task task);
  /// [blocking] Waits for tasks that run, not for those that are queued: a host that runs them on this very thread
  /// would wait for ever.
  void close();
  /// Whether a long task should give up.
  bool closing() const;

 private:
  struct State;
  Background* background_;
  std::shared_ptr<State> state_;  ///< shared with queued tasks, which may outlive the gate
};

}  // namespace stator::memtable
