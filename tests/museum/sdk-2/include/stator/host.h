#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "stator/bytes.h"
#include "stator/files.h"
#include "stator/task.h"
#include "stator/version.h"

namespace boost::asio {
class io_context;
}

namespace stator {

using Duration = std::chrono::nanoseconds;
/// Monotonic. Deadlines are absolute points of it and are passed down as they are.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;

enum class LogLevel { debug, info, warning, error };

/// Names one pending timer of a Host; 0 names none.
using TimerId = std::uint64_t;

/// What the kernel lends a plugin; outlives every plugin object. Never throws. [any-thread]
class Host {
 public:
  virtual ~Host() = default;
  virtual void log(LogLevel level, std::string_view text) = 0;
  virtual TimePoint now() const = 0;
  /// A fresh reading of the node's hybrid clock: greater than every one given before, also across restarts.
  virtual Stamp stamp() = 0;
  /// 64 uniformly random bits; not for secrets.
  virtual std::uint64_t random() = 0;
  /// Runs the task soon on the caller's loop, or on the first loop when called from elsewhere; never inside this call.
  virtual void post(Task task) = 0;
  /// Runs the task after `delay`, on the loop that post would choose. Coarse: up to 10 ms late.
  virtual TimerId after(Duration delay, Task task) = 0;
  /// From the same loop only. A cancelled task never runs; one that already ran, or 0, is ignored.
  virtual void cancel(TimerId timer) = 0;
  virtual Files& files() = 0;
  /// A further facility by its id ("stator.loops/1" …); null if this host does not offer it. Lives as long as the host.
  virtual void* extension(std::string_view id) = 0;
};

/// The kernel's event loops: each one thread with its own io_context. [any-thread] Not offered by the simulator.
class Loops {
 public:
  static constexpr std::string_view kExtensionId = "stator.loops/1";
  virtual ~Loops() = default;
  virtual int count() const = 0;
  /// The loop this thread runs, -1 on any other thread.
  virtual int current() const = 0;
  virtual boost::asio::io_context& context(int loop) = 0;
  /// Runs the task on that loop, after what was posted to it before from this thread. Wake-ups are batched.
  virtual void post(int loop, Task task) = 0;
};

/// Work that may wait for a disk and must not hold a loop: a small pool in production. [any-thread]
class Background {
 public:
  static constexpr std::string_view kExtensionId = "stator.background/1";
  virtual ~Background() = default;
  /// Runs the task once, off the loops. Tasks may run at the same time and in any order.
  virtual void run(Task task) = 0;
};

template <typename Extension>
Extension* extension(Host& host) {
  return static_cast<Extension*>(host.extension(Extension::kExtensionId));
}

}  // namespace stator
