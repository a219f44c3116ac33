#include <ostream>

#include "cli/answer.h"
#include "cli/bench/benchmark.h"
#include "cli/verbs.h"

namespace stator::cli {

ExitCode run(const BenchOptions& options, Terminal& terminal) {
  auto benchmark = Benchmark::create(options);
  if (!benchmark.is_ok()) {
    return fail(terminal, benchmark.status());
  }
  if (options.preload) {
    terminal.err << "writing " << options.keys.keys << " keys first ...\n" << std::flush;
    if (Status status = benchmark->preload(); !status.is_ok()) {
      return fail(terminal, status);
    }
  }
  const auto report = benchmark->run();
  if (!report.is_ok()) {
    return fail(terminal, report.status());
  }
  if (options.json) {
    print_json(*report, options, terminal.out);
  } else {
    print_text(*report, options, terminal.out);
  }
  if (report->tally.answered() == 0) {
    return fail(terminal, {Code::unavailable, "no operation was answered"});
  }
  return ExitCode::ok;
}

}  // namespace stator::cli
