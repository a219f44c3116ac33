#include "stator/testing/loop_host.h"

#include <algorithm>
#include <atomic>
#include <latch>
#include <mutex>
#include <random>
#include <thread>
#include <unordered_map>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace stator::testing {
namespace {

using boost::asio::io_context;

constexpr unsigned kLoopShift = 56;

/// The loop that the thread runs, and whose it is.
thread_local const void* current_owner = nullptr;
thread_local void* current_loop = nullptr;

class NoFiles final : public Files {
 public:
  Result<std::unique_ptr<File>> open(const Path&, OpenMode) override { return none(); }
  Status rename(const Path&, const Path&) override { return none(); }
  Status remove(const Path&) override { return none(); }
  Result<std::vector<std::string>> list(const Path&) override { return none(); }
  Status create_directory(const Path&) override { return none(); }
  Status sync_directory(const Path&) override { return none(); }
  Result<std::unique_ptr<FileLock>> lock(const Path&) override { return none(); }

 private:
  static Status none() { return Status(Code::unimplemented, "a LoopHost has no files"); }
};

const char* level_name(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warning: return "warning";
    case LogLevel::error: return "error";
  }
  return "error";
}

}  // namespace

struct LoopHost::Loop {
  struct Timer {
    Timer(io_context& context, Task task) : clock(context), task(std::move(task)) {}
    boost::asio::steady_timer clock;
    Task task;
  };

  explicit Loop(int number) : index(number) {}

  void arm(TimerId id, TimePoint when, Task task) {
    Timer& timer = timers.try_emplace(id, context, std::move(task)).first->second;
    timer.clock.expires_at(when);
    // A cancelled timer's handler may be on its way already: only the table knows whether it still counts.
    timer.clock.async_wait([this, id](const boost::system::error_code&) {
      auto found = timers.find(id);
      if (found == timers.end()) return;
      Task due = std::move(found->second.task);
      timers.erase(found);
      due();
    });
  }

  const int index;
  io_context context{1};
  boost::asio::executor_work_guard<io_context::executor_type> work{context.get_executor()};
  std::unordered_map<TimerId, Timer> timers;
  std::thread thread;
};

struct LoopHost::State {
  std::vector<std::unique_ptr<Loop>> loops;
  NoFiles files;
  std::atomic<std::uint64_t> last_stamp{1};
  std::atomic<TimerId> last_timer{0};
  mutable std::mutex mutex;
  std::mt19937_64 generator{20071014};  // under the mutex
  std::vector<std::string> lines;       // under the mutex
};

LoopHost::LoopHost(int loops) : state_(std::make_unique<State>()) {
  for (int i = 0; i < loops; ++i) state_->loops.push_back(std::make_unique<Loop>(i));
  for (auto& loop : state_->loops) {
    loop->thread = std::thread([this, &loop] {
      current_owner = this;
      current_loop = loop.get();
      loop->context.run();
    });
  }
}

LoopHost::~LoopHost() {
  for (auto& loop : state_->loops) boost::asio::post(loop->context, [&context = loop->context] { context.stop(); });
  for (auto& loop : state_->loops) loop->thread.join();
}

void LoopHost::run_on(int loop, Task task) {
  std::latch done(1);
  post(loop, [&] {
    task();
    done.count_down();
  });
  done.wait();
}

std::vector<std::string> LoopHost::logged() const {
  std::lock_guard lock(state_->mutex);
  return state_->lines;
}

void LoopHost::log(LogLevel level, std::string_view text) {
  std::lock_guard lock(state_->mutex);
  state_->lines.push_back(level_name(level) + (": " + std::string(text)));
}

TimePoint LoopHost::now() const { return std::chrono::steady_clock::now(); }

Stamp LoopHost::stamp() { return Stamp{state_->last_stamp++}; }

std::uint64_t LoopHost::random() {
  std::lock_guard lock(state_->mutex);
  return state_->generator();
}

void LoopHost::post(Task task) {
  const Loop* from = here();
  post(from == nullptr ? 0 : from->index, std::move(task));
}

TimerId LoopHost::after(Duration delay, Task task) {
  Loop* from = here();
  Loop* loop = from == nullptr ? state_->loops.front().get() : from;
  const TimerId id = (TimerId(loop->index) << kLoopShift) | ++state_->last_timer;
  const TimePoint called = now();
  const TimePoint when = called + std::min(delay, TimePoint::max() - called);
  if (from != nullptr) {
    loop->arm(id, when, std::move(task));
  } else {
    post(0, [loop, id, when, task = std::move(task)]() mutable { loop->arm(id, when, std::move(task)); });
  }
  return id;
}

void LoopHost::cancel(TimerId timer) {
  if (timer == 0) return;
  Loop* loop = state_->loops[timer >> kLoopShift].get();
  if (here() == loop) {
    loop->timers.erase(timer);
  } else {
    post(loop->index, [loop, timer] { loop->timers.erase(timer); });
  }
}

Files& LoopHost::files() { return state_->files; }

void* LoopHost::extension(std::string_view id) {
  return id == Loops::kExtensionId ? static_cast<Loops*>(this) : nullptr;
}

int LoopHost::count() const { return static_cast<int>(state_->loops.size()); }

int LoopHost::current() const {
  const Loop* loop = here();
  return loop == nullptr ? -1 : loop->index;
}

io_context& LoopHost::context(int loop) { return state_->loops[static_cast<std::size_t>(loop)]->context; }

void LoopHost::post(int loop, Task task) { boost::asio::post(context(loop), std::move(task)); }

LoopHost::Loop* LoopHost::here() const { return current_owner == this ? static_cast<Loop*>(current_loop) : nullptr; }

}  // namespace stator::testing
