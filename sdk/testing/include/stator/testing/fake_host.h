#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "stator/host.h"

namespace stator::testing {

/// A host for one plugin under test: time moves by hand, tasks wait until they are asked for, randomness comes from a
/// seed. Its own Background queues tasks beside posted ones, in one order. [any-thread]
class FakeHost final : public Host, public Background {
 public:
  struct Options {
    std::uint64_t seed = 1;
    bool background = true;  ///< whether it offers a Background
  };
  /// `files` is not owned.
  FakeHost(Files& files, Options options);
  explicit FakeHost(Files& files) : FakeHost(files, Options()) {}

  void log(LogLevel level, std::string_view text) override;
  TimePoint now() const override;
  Stamp stamp() override;
  std::uint64_t random() override;
  void post(Task task) override;
  TimerId after(Duration delay, Task task) override;
  void cancel(TimerId timer) override;
  Files& files() override { return files_; }
  void* extension(std::string_view id) override;
  void run(Task task) override { post(std::move(task)); }

  /// What extension(id) answers from now on, instead of what it did; null takes an offer away.
  void offer(std::string_view id, void* facility);
  /// Moves the clock and queues the timers that are due, earliest first.
  void advance(Duration by);
  /// Runs the oldest queued task; false if there is none.
  bool run_one();
  /// Runs queued tasks, also those they queue, until there is none. Returns how many ran.
  std::size_t run_all();
  std::size_t queued() const;
  /// What was logged at this level or above, oldest first.
  std::vector<std::string> logged(LogLevel least) const;

 private:
  struct Timer {
    TimerId id;
    Task task;
  };

  Files& files_;
  mutable std::mutex mutex_;
  std::mt19937_64 random_;
  TimePoint now_{std::chrono::hours(1)};
  Stamp last_stamp_;
  TimerId last_timer_ = 0;
  std::multimap<TimePoint, Timer> timers_;
  std::deque<Task> queue_;
  std::map<std::string, void*, std::less<>> extensions_;
  std::vector<std::pair<LogLevel, std::string>> log_;
};

}  // namespace stator::testing
