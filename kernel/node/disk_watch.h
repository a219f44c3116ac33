#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "kernel/replica/store.h"
#include "kernel/seams/executor.h"
#include "kernel/seams/space_probe.h"
#include "stator/host.h"

namespace stator {

/// Looks again and again how much room the stores' disks have, and at once when a commit found none. [first loop]
class DiskWatch {
 public:
  struct Watched {
    Store& store;
    SpaceProbe& probe;
    Room told = Room::ample;
  };
  /// What the world lends; outlives the watch.
  struct Parts {
    Executor& first_loop;
    Background* background;                       ///< runs what may wait for a disk; null: it is waited for
    std::function<void(const Store&)> on_change;  ///< a look found more room, or less, than the one before; or null
  };
  /// A process can write a good deal in a second; the reserve is to be larger than that.
  static constexpr Duration kEvery = std::chrono::seconds(1);

  /// Stores and probes outlive the watch, and the watch outlives what the background still runs for it.
  DiskWatch(Parts parts, std::vector<Watched> watched);

  /// One look, so that nothing is taken that there is no room for before the next. [startup, blocking]
  void look();
  void run();
  void stop();

 private:
  using Found = std::vector<Result<DiskSpace>>;

  Found measure() const;  // [any-thread, blocking]
  void note(const Found& found);
  void arm();
  void look_soon();
  void finish(const Found& found);

  const Parts parts_;
  std::vector<Watched> watched_;
  bool running_ = false;
  bool looking_ = false;
  bool again_ = false;
  TimerId timer_ = 0;
};

}  // namespace stator
