#pragma once

#include <memory>
#include <vector>

#include "cli/bench/bench_options.h"
#include "cli/bench/load.h"
#include "cli/bench/report.h"
#include "cli/bench/schedule.h"
#include "stator/status.h"

namespace stator::cli {

/// A measurement: threads that each carry out their share of a load, and what they have seen together. [serial]
class Benchmark {
 public:
  /// Connects nothing yet. Fails if a target's name is unknown.
  static Result<Benchmark> create(const BenchOptions& options);

  /// Writes every key once. Fails unless all were written. [blocking]
  Status preload();
  /// Warms up, then measures. Failed operations are in the report. [blocking]
  Result<BenchReport> run();

 private:
  explicit Benchmark(const BenchOptions& options) : options_(options) {}
  KeyChooser::Options keys_of(std::size_t thread) const;
  Status run_all(std::vector<Schedule>& schedules);

  BenchOptions options_;
  std::vector<std::unique_ptr<Load>> loads_;  // one per thread
};

}  // namespace stator::cli
