#include "workers.h"

#include <algorithm>
#include <utility>

namespace stator::rocks {

Workers::Workers(::rocksdb::Env* below) : ::rocksdb::EnvWrapper(below) {
  pool(LOW).limit = 1;
  pool(HIGH).limit = 1;
}

Workers::~Workers() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (Pool& each : pools_) {
    for (std::thread& thread : each.threads) thread.join();
  }
  WaitForJoin();
}

void Workers::Schedule(void (*function)(void*), void* argument, Priority priority, void* tag,
                       void (*unscheduled)(void*)) {
  std::lock_guard lock(mutex_);
  Pool& chosen = pool(priority);
  chosen.waiting.push_back({function, argument, tag, unscheduled});
  if (chosen.waiting.size() > chosen.idle && chosen.threads.size() < std::max<std::size_t>(1, chosen.limit))
    chosen.threads.emplace_back([this, &chosen] { work(chosen); });
  changed_.notify_all();
}

void Workers::work(Pool& pool) {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++pool.idle;
    changed_.wait(lock, [&] { return stopping_ || !pool.waiting.empty(); });
    --pool.idle;
    if (pool.waiting.empty()) return;
    const Job job = pool.waiting.front();
    pool.waiting.pop_front();
    lock.unlock();
    job.function(job.argument);
    lock.lock();
  }
}

int Workers::UnSchedule(void* tag, Priority priority) {
  std::deque<Job> taken;
  {
    std::lock_guard lock(mutex_);
    std::deque<Job>& waiting = pool(priority).waiting;
    const auto kept =
        std::stable_partition(waiting.begin(), waiting.end(), [tag](const Job& job) { return job.tag != tag; });
    taken.assign(kept, waiting.end());
    waiting.erase(kept, waiting.end());
  }
  for (const Job& job : taken) {
    if (job.unscheduled != nullptr) job.unscheduled(job.argument);
  }
  return static_cast<int>(taken.size());
}

void Workers::StartThread(void (*function)(void*), void* argument) {
  std::lock_guard lock(mutex_);
  started_.emplace_back([function, argument] { function(argument); });
}

void Workers::WaitForJoin() {
  std::vector<std::thread> started;
  {
    std::lock_guard lock(mutex_);
    started = std::exchange(started_, {});
  }
  for (std::thread& thread : started) thread.join();
}

unsigned int Workers::GetThreadPoolQueueLen(Priority priority) const {
  std::lock_guard lock(mutex_);
  return static_cast<unsigned int>(pool(priority).waiting.size());
}

void Workers::SetBackgroundThreads(int number, Priority priority) {
  std::lock_guard lock(mutex_);
  pool(priority).limit = static_cast<std::size_t>(std::max(0, number));
}

void Workers::IncBackgroundThreadsIfNeeded(int number, Priority priority) {
  std::lock_guard lock(mutex_);
  pool(priority).limit = std::max(pool(priority).limit, static_cast<std::size_t>(std::max(0, number)));
}

int Workers::GetBackgroundThreads(Priority priority) {
  std::lock_guard lock(mutex_);
  return static_cast<int>(pool(priority).limit);
}

}  // namespace stator::rocks
