#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "stator/host.h"
#include "stator/task.h"

namespace stator {

/// A few threads for work that may wait for a disk, first come, first served. [any-thread]
class BackgroundPool final : public Background {
 public:
  /// How long stop() still begins tasks that waited.
  static constexpr Duration kPatience = std::chrono::seconds(5);

  /// Its threads are called NAME-0, NAME-1 …
  explicit BackgroundPool(int threads, const std::string& name = "background");
  /// Stops.
  ~BackgroundPool() override;

  /// After stop() the task is destroyed unrun.
  void run(Task task) override;
  /// Ends the threads after what waits has run. Tasks not begun within `patience` are destroyed unrun; one that runs is
  /// waited for, as nothing could end it. May be called twice. [any-thread but the pool's, blocking]
  void stop(Duration patience = kPatience);

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> waiting_;
  bool stopping_ = false;
  TimePoint give_up_;  ///< once stopping
  std::vector<std::thread> threads_;
};

}  // namespace stator
