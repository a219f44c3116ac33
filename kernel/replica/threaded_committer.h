#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "kernel/seams/committer.h"
#include "stator/storage.h"

namespace stator {

/// The production committer: one thread, the only caller of Storage::write. While one batch syncs the next gathers;
/// finished batches go back as one task per loop. [any loop]
class ThreadedCommitter final : public Committer {
 public:
  struct Options {
    /// How long a batch waits for company once writers come in crowds; a lone write never waits.
    std::chrono::microseconds linger{150};
    std::size_t max_batch_bytes = 8 << 20;
    /// Called after every batch with its size and the time Storage::write took, on the committer's thread.
    std::function<void(std::size_t records, Duration took)> observe;
  };

  /// `storage` outlives the committer.
  ThreadedCommitter(Storage& storage, Options options);
  /// Stops.
  ~ThreadedCommitter() override;

  /// Writes what was handed in and ends the thread; what is handed in later fails as unavailable. The loops must be
  /// alive until this returned. May be called twice. [any-thread but a loop, blocking]
  void stop();

  void commit(Executor& home, Commit commit) override;

 private:
  struct Entry {
    Executor* home;
    Commit commit;
  };

  void run();
  std::vector<Entry> gather();
  void write(std::vector<Entry> batch);

  Storage& storage_;
  const Options options_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Entry> waiting_;
  std::size_t crowd_ = 0;  // size of the last batch
  bool asleep_ = false;
  bool stopping_ = false;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace stator
