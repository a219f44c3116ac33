#include "kernel/loops/background_pool.h"

#include <pthread.h>

#include <string>
#include <utility>

namespace stator {

BackgroundPool::BackgroundPool(int threads, const std::string& name) {
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this, thread = name + "-" + std::to_string(i)] {
      pthread_setname_np(pthread_self(), thread.c_str());
      work();
    });
  }
}

BackgroundPool::~BackgroundPool() { stop(); }

void BackgroundPool::run(Task task) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    waiting_.push_back(std::move(task));
  }
  changed_.notify_one();
}

void BackgroundPool::stop(Duration patience) {
  {
    std::lock_guard lock(mutex_);
    if (!stopping_) give_up_ = std::chrono::steady_clock::now() + patience;
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  std::exchange(waiting_, {}).clear();
}

void BackgroundPool::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty() || (stopping_ && std::chrono::steady_clock::now() >= give_up_)) return;
    Task task = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
  }
}

}  // namespace stator
