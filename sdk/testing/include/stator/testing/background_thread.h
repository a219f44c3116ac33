#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "stator/host.h"

namespace stator::testing {

/// A Background with a real thread, for tests of what happens at the same time. Offer it to a FakeHost and let it die
/// before the host and after the plugin. [any-thread]
class BackgroundThread final : public Background {
 public:
  BackgroundThread() : thread_([this] { work(); }) {}
  /// Runs what is queued, then ends.
  ~BackgroundThread() override {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  BackgroundThread(const BackgroundThread&) = delete;
  BackgroundThread& operator=(const BackgroundThread&) = delete;

  void run(Task task) override {
    {
      std::lock_guard lock(mutex_);
      queue_.push_back(std::move(task));
    }
    wake_.notify_all();
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      Task task = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      task();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace stator::testing
