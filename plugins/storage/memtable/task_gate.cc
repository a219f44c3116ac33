#include "task_gate.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace stator::memtable {

struct TaskGate::State {
  std::mutex mutex;
  std::condition_variable idle;
  int running = 0;
  std::atomic<bool> closed = false;

  bool enter() {
    std::lock_guard lock(mutex);
    if (closed) return false;
    ++running;
    return true;
  }
  void leave() {
    std::lock_guard lock(mutex);
    if (--running == 0) idle.notify_all();
  }
};

TaskGate::TaskGate(Host& host) : background_(extension<Background>(host)), state_(std::make_shared<State>()) {}

void TaskGate::run(Task task) {
  auto guarded = [state = state_, task = std::move(task)]() mutable {
    if (!state->enter()) return;
    task();
    state->leave();
  };
  if (background_ == nullptr) return guarded();
  background_->run(std::move(guarded));
}

void TaskGate::close() {
  std::unique_lock lock(state_->mutex);
  state_->closed = true;
  state_->idle.wait(lock, [this] { return state_->running == 0; });
}

bool TaskGate::closing() const { return state_->closed; }

}  // namespace stator::memtable
