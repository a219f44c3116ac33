#pragma once

#include <rocksdb/env.h>

#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace stator::rocks {

/// An Env whose background jobs run on threads of its own, which end with it: RocksDB's own Env keeps its threads, one
/// set for all databases of the process, until the process ends. Files and clock are those of the Env it is made from.
/// [any-thread]
class Workers final : public ::rocksdb::EnvWrapper {
 public:
  /// `below` outlives it.
  explicit Workers(::rocksdb::Env* below);
  /// Waits for jobs that run; the database is closed by then, so that none waits. [blocking]
  ~Workers() override;

  const char* Name() const override { return "stator.Workers"; }
  void Schedule(void (*function)(void*), void* argument, Priority priority, void* tag,
                void (*unscheduled)(void*)) override;
  int UnSchedule(void* tag, Priority priority) override;
  void StartThread(void (*function)(void*), void* argument) override;
  void WaitForJoin() override;
  unsigned int GetThreadPoolQueueLen(Priority priority) const override;
  void SetBackgroundThreads(int number, Priority priority) override;
  void IncBackgroundThreadsIfNeeded(int number, Priority priority) override;
  int GetBackgroundThreads(Priority priority) override;
  int ReserveThreads(int /*threads*/, Priority /*priority*/) override { return 0; }
  int ReleaseThreads(int /*threads*/, Priority /*priority*/) override { return 0; }

 private:
  struct Job {
    void (*function)(void*);
    void* argument;
    void* tag;
    void (*unscheduled)(void*);
  };
  struct Pool {
    std::deque<Job> waiting;
    std::vector<std::thread> threads;
    std::size_t idle = 0;
    std::size_t limit = 0;
  };

  Pool& pool(Priority priority) { return pools_.at(static_cast<std::size_t>(priority)); }
  const Pool& pool(Priority priority) const { return pools_.at(static_cast<std::size_t>(priority)); }
  void work(Pool& pool);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::array<Pool, TOTAL> pools_;
  std::vector<std::thread> started_;
  bool stopping_ = false;
};

}  // namespace stator::rocks
