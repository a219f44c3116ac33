#pragma once

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "stator/host.h"
#include "tests/simulation/sim_executor.h"

namespace stator::simulation {

/// What a simulated node lends to a plugin that lives on its loop: the loop's time and timers, chance from a seed,
/// files of its own. [the simulation's thread]
class SimHost final : public Host {
 public:
  /// Both outlive it.
  SimHost(SimExecutor& executor, Files& files, std::uint64_t seed)
      : executor_(executor), files_(files), random_(seed) {}

  void log(LogLevel level, std::string_view text) override {
    if (level == LogLevel::error) errors_.emplace_back(text);
  }
  TimePoint now() const override { return executor_.now(); }
  Stamp stamp() override;
  std::uint64_t random() override { return random_(); }
  void post(Task task) override { executor_.post(std::move(task)); }
  TimerId after(Duration delay, Task task) override { return executor_.after(delay, std::move(task)); }
  void cancel(TimerId timer) override { executor_.cancel(timer); }
  Files& files() override { return files_; }
  void* extension(std::string_view /*id*/) override { return nullptr; }
  /// What was logged as an error, oldest first.
  const std::vector<std::string>& errors() const { return errors_; }

 private:
  SimExecutor& executor_;
  Files& files_;
  std::mt19937_64 random_;
  std::vector<std::string> errors_;
  Stamp last_stamp_;
};

}  // namespace stator::simulation
