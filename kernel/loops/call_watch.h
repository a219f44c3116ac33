#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "kernel/loops/code_range.h"
#include "stator/host.h"

/// The runtime of ThreadSanitizer can be neither stepped through nor left.
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define STATOR_CALLS_CAN_BE_ENDED 1
#else
#define STATOR_CALLS_CAN_BE_ENDED 0
#endif

namespace stator {

/// Ends calls into strangers' code that do not return, so that whoever made one goes on. A call costs its entry in a
/// list; a thread looks at the list while calls are made, and sleeps when none are.
///
/// A late call's thread is interrupted by SIGTRAP, goes on by single steps until it is in the stranger's own code, and
/// leaves from there to run(). What it has called is finished by then, so no lock of the allocator's or the kernel's is
/// held any more; but no destructor of the stranger's runs: what it has locked stays locked, and what it has allocated
/// is lost. It must not be called again. A call that waits for good, as for a lock of its own, cannot be ended.
///
/// SIGTRAP is the process's: its handler stays when the watch is gone. x86-64 alone; elsewhere calls are only told to
/// be late. [any-thread]
class CallWatch {
 public:
  static constexpr Duration kTurn = std::chrono::milliseconds(50);
  /// A call is late when its thread has used so much processor time since the watch first saw it, or the watch has
  /// looked so often. A thread that is not given a processor is not late for a while, nor is a process that was
  /// stopped.
  static constexpr Duration kMostCpu = std::chrono::seconds(1);
  static constexpr int kTurns = 100;

  CallWatch();
  /// No call is under way.
  ~CallWatch();

  /// Makes the call; false if it was ended before it returned. `tell_late` runs before that, once, on the watch's
  /// thread, and must not wait. Both outlive the call. What `call` throws is thrown.
  bool run(const CodeRange& code, const std::function<void()>& tell_late, const std::function<void()>& call);

  /// While it lives the thread's call, if it makes one, is in our own code again, which may wait for a disk: that is
  /// not the stranger's time.
  class Elsewhere {
   public:
    Elsewhere();
    ~Elsewhere();
    Elsewhere(const Elsewhere&) = delete;
    Elsewhere& operator=(const Elsewhere&) = delete;
  };

 private:
  class Call;

  void look();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Call*> calls_;  ///< under way
  bool quiet_ = true;         ///< no call has begun since the last look
  bool asleep_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace stator
