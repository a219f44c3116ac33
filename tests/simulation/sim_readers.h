#pragma once

#include <map>

#include "kernel/seams/readers.h"
#include "tests/simulation/scheduler.h"

namespace stator::simulation {

/// Readers in virtual time: a read is made a while after it was asked for, and its outcome comes a while after that, so
/// that commits come in between on either side. They overtake one another. [the simulation's thread]
class SimReaders final : public Readers {
 public:
  struct Options {
    Duration least = std::chrono::microseconds(20);
    Duration longest = std::chrono::milliseconds(4);  ///< of either part
  };
  explicit SimReaders(Scheduler& scheduler) : SimReaders(scheduler, Options()) {}
  /// The scheduler outlives the readers.
  SimReaders(Scheduler& scheduler, Options options) : scheduler_(scheduler), options_(options) {}
  ~SimReaders() override { forget(); }
  /// A process dies: what it was reading is never heard of.
  void forget();

  void run(Executor& home, Task read, Task then) override;
  /// Makes all reads that wait, now, as a clean stop does.
  void flush();
  /// Whether it is a reader that is reading now.
  bool reading() const { return reading_; }

 private:
  struct Reading {
    Executor* home = nullptr;
    Task read;  // none once it was made
    Task then;
    EventId event = 0;
  };

  Duration some_time() const { return scheduler_.between(options_.least, options_.longest); }
  void read(Reading& reading);
  void make(std::uint64_t id);
  void end(std::uint64_t id);

  Scheduler& scheduler_;
  const Options options_;
  std::uint64_t last_ = 0;
  bool reading_ = false;
  std::map<std::uint64_t, Reading> readings_;
};

}  // namespace stator::simulation
