#pragma once

#include <atomic>
#include <random>
#include <utility>

#include "kernel/files/posix_files.h"
#include "kernel/log/log.h"
#include "kernel/loops/background_pool.h"
#include "kernel/loops/event_loops.h"
#include "kernel/metrics/metrics.h"
#include "kernel/seams/executor.h"
#include "kernel/seams/stamps.h"
#include "stator/host.h"
#include "stator/mending.h"
#include "stator/scrubbing.h"

namespace stator {

/// What the server lends its plugins: the real clock, files, loops and log of this process. [any-thread]
class ServerHost final : public Host, private MendingOffers, private ScrubbingOffers {
 public:
  /// What it lends from.
  struct Parts {
    EventLoops& loops;
    BackgroundPool& background;
    Log& log;
    Metrics& metrics;
  };
  explicit ServerHost(const Parts& parts) : loops_(parts.loops), parts_(parts) {}

  /// What the storage that was made last has offered; null: nothing. [startup]
  Mending* take_mending() { return std::exchange(mending_, nullptr); }
  Scrubbing* take_scrubbing() { return std::exchange(scrubbing_, nullptr); }
  /// From then on stamp() is the node's clock. Before it there is none, and stamp() gives the wall's time.
  void set_stamps(Stamps* stamps) { stamps_.store(stamps); }

  void log(LogLevel level, std::string_view text) override { parts_.log.write(level, text); }
  TimePoint now() const override;
  Stamp stamp() override;
  std::uint64_t random() override;
  void post(Task task) override { loops_.post(std::move(task)); }
  TimerId after(Duration delay, Task task) override { return loops_.after(delay, std::move(task)); }
  void cancel(TimerId timer) override { loops_.cancel(timer); }
  PosixFiles& files() override { return files_; }
  void* extension(std::string_view id) override;

 private:
  void offer(Mending& mending) override { mending_ = &mending; }
  void offer(Scrubbing& scrubbing) override { scrubbing_ = &scrubbing; }

  EventLoops& loops_;
  const Parts parts_;
  PosixFiles files_;
  Mending* mending_ = nullptr;
  Scrubbing* scrubbing_ = nullptr;
  std::atomic<Stamps*> stamps_{nullptr};
};

/// One of the server's loops, as the kernel sees it.
class LoopExecutor final : public Executor {
 public:
  LoopExecutor(EventLoops& loops, int index) : loops_(loops), index_(index) {}

  TimePoint now() const override;
  std::uint64_t wall_millis() const override;
  bool here() const override { return loops_.current() == index_; }
  void post(Task task) override { loops_.post(index_, std::move(task)); }
  TimerId after(Duration delay, Task task) override { return loops_.after(delay, std::move(task)); }
  void cancel(TimerId timer) override { loops_.cancel(timer); }

 private:
  EventLoops& loops_;
  const int index_;
};

}  // namespace stator
