#include "kernel/loops/call_watch.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <time.h>
#include <ucontext.h>

#include <atomic>
#include <utility>

namespace stator {

/// On the stack of the thread that makes it.
class CallWatch::Call {
 public:
  Call(CallWatch& watch, const CodeRange& code, const std::function<void()>& tell_late)
      : watch_(watch), code_(code), tell_late_(tell_late) {
    current_.store(this, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    const std::lock_guard lock(watch_.mutex_);
    watch_.calls_.push_back(this);
    watch_.quiet_ = false;
    if (std::exchange(watch_.asleep_, false)) watch_.changed_.notify_one();
  }
  ~Call() {
    {
      const std::lock_guard lock(watch_.mutex_);
      std::erase(watch_.calls_, this);
    }
    std::atomic_signal_fence(std::memory_order_seq_cst);
    current_.store(outer_, std::memory_order_relaxed);
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  /// [the watch's thread, under its mutex: the call is there]
  void seen() {
    if (elsewhere_.load(std::memory_order_relaxed) || !is_late()) return;
    if (!std::exchange(told_, true)) tell_late_();
#if STATOR_CALLS_CAN_BE_ENDED
    if (code_.empty()) return;
    late_.store(true, std::memory_order_relaxed);
    ::pthread_kill(thread_, SIGTRAP);
#endif
  }
  sigjmp_buf& way_out() { return way_out_; }
  static void set_elsewhere(bool elsewhere) {
    Call* call = current_.load(std::memory_order_relaxed);
    if (call != nullptr) call->elsewhere_.store(elsewhere, std::memory_order_relaxed);
  }

#if STATOR_CALLS_CAN_BE_ENDED
  static void trap(int /*signal*/, siginfo_t* /*why*/, void* context) {
    auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
    constexpr greg_t kSingleStep = 0x100;
    Call* call = current_.load(std::memory_order_relaxed);
    if (call == nullptr || !call->late_.load(std::memory_order_relaxed)) {
      registers[REG_EFL] &= ~kSingleStep;
      return;
    }
    if (call->code_.holds(static_cast<std::uintptr_t>(registers[REG_RIP]))) siglongjmp(call->way_out_, 1);
    registers[REG_EFL] |= kSingleStep;
  }
#endif

 private:
  bool is_late() {
    const Duration cpu = cpu_time();
    if (turns_ == 0) seen_at_ = cpu;
    return ++turns_ >= kTurns || cpu - seen_at_ >= kMostCpu;
  }
  // Of the call's thread, ever.
  Duration cpu_time() const {
    clockid_t clock{};
    timespec used{};
    if (::pthread_getcpuclockid(thread_, &clock) != 0 || ::clock_gettime(clock, &used) != 0) return {};
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
  }

  // The thread's own signal handler reads it.
  static thread_local std::atomic<Call*> current_;

  CallWatch& watch_;
  const CodeRange code_;
  const std::function<void()>& tell_late_;
  Call* const outer_ = current_.load(std::memory_order_relaxed);
  const pthread_t thread_ = ::pthread_self();
  int turns_ = 0;
  Duration seen_at_{};  // cpu_time() at the first look
  bool told_ = false;
  std::atomic<bool> late_ = false;
  std::atomic<bool> elsewhere_ = false;
  sigjmp_buf way_out_;
};

constinit thread_local std::atomic<CallWatch::Call*> CallWatch::Call::current_ = nullptr;

CallWatch::CallWatch() {
#if STATOR_CALLS_CAN_BE_ENDED
  struct sigaction action {};
  action.sa_sigaction = Call::trap;
  // The handler is left by a jump, so nothing may be blocked in it; and what waits in the system is to come back.
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  ::sigaction(SIGTRAP, &action, nullptr);
#endif
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "call-watch");
    look();
  });
}

CallWatch::~CallWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

bool CallWatch::run(const CodeRange& code, const std::function<void()>& tell_late, const std::function<void()>& call) {
  Call watched(*this, code, tell_late);
  if (sigsetjmp(watched.way_out(), 0) != 0) return false;
  call();
  return true;
}

CallWatch::Elsewhere::Elsewhere() { Call::set_elsewhere(true); }

CallWatch::Elsewhere::~Elsewhere() { Call::set_elsewhere(false); }

void CallWatch::look() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (calls_.empty() && std::exchange(quiet_, true)) {
      asleep_ = true;
      changed_.wait(lock, [this] { return stopping_ || !asleep_; });
    }
    changed_.wait_for(lock, kTurn, [this] { return stopping_; });
    for (Call* call : calls_) call->seen();
  }
}

}  // namespace stator
