#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/bench/key_chooser.h"
#include "cli/bench/load.h"

namespace stator::cli {

/// What `stator bench` is asked to do.
struct BenchOptions {
  LoadOptions load{.connections = 64};
  std::string op = "put";   ///< "put", "get" or "mix"
  double read_share = 0.5;  ///< of "mix", in [0, 1]
  double seconds = 10;      ///< measured
  double warmup = 1;        ///< seconds before that
  double rate = 0;          ///< operations a second over all threads; 0: closed loop
  int threads = 1;          ///< at most as many as connections
  bool preload = false;     ///< write every key once first
  bool json = false;
  std::uint64_t seed = 1;
  KeyChooser::Options keys{.keys = 100'000};  ///< its seed and first are set per thread
  std::vector<pid_t> pids;                    ///< servers whose CPU time is measured
};

/// The share of reads that `op` and `read_share` ask for.
inline double effective_read_share(const BenchOptions& options) {
  return options.op == "get" ? 1 : options.op == "put" ? 0 : options.read_share;
}

}  // namespace stator::cli
