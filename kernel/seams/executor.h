#pragma once

#include <cstdint>

#include "stator/host.h"
#include "stator/task.h"

namespace stator {

/// One loop, as the kernel sees it: a thread of the server, or one node's turn in the simulator. Outlives everything
/// that runs on it. Only post, now and wall_millis may be called from elsewhere.
class Executor {
 public:
  virtual ~Executor() = default;
  virtual TimePoint now() const = 0;
  /// Milliseconds since 1970, as this node's wall clock has them; may jump.
  virtual std::uint64_t wall_millis() const = 0;
  /// Whether the caller runs on this loop.
  virtual bool here() const = 0;
  /// Runs the task soon, in the order of posting, never inside this call. [any-thread]
  virtual void post(Task task) = 0;
  virtual TimerId after(Duration delay, Task task) = 0;
  virtual void cancel(TimerId timer) = 0;
};

}  // namespace stator
