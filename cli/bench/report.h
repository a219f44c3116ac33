#pragma once

#include <chrono>
#include <iosfwd>
#include <optional>
#include <vector>

#include "cli/bench/bench_options.h"
#include "cli/bench/tally.h"

namespace stator::cli {

/// What a benchmark has found. A value.
struct BenchReport {
  Tally tally;
  double seconds = 0;                                         ///< from the first measured operation to the last answer
  std::optional<std::vector<std::chrono::microseconds>> cpu;  ///< per pid, if asked for; over the same span

  double throughput() const { return seconds > 0 ? static_cast<double>(tally.answered()) / seconds : 0; }
  /// CPU time of all servers together per answered operation, in microseconds; absent if it was not measured.
  std::optional<double> cpu_us_per_operation() const;
};

void print_text(const BenchReport& report, const BenchOptions& options, std::ostream& out);
/// One JSON object on one line; latencies in microseconds.
void print_json(const BenchReport& report, const BenchOptions& options, std::ostream& out);

}  // namespace stator::cli
