#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/bench/schedule.h"
#include "cli/endpoint.h"
#include "stator/status.h"

namespace stator::cli {

/// What a load sends, and to whom.
struct LoadOptions {
  std::vector<Endpoint> targets;  ///< at least one; all of one scheme
  int connections = 1;            ///< requests in flight, round-robin over the targets
  std::size_t value_bytes = 128;
  std::string keyspace = "default";
  std::optional<int> r;
  std::optional<int> w;
  std::chrono::milliseconds timeout{10'000};  ///< of one request; then it counts as failed
};

/// A client transport under load: keeps its connections busy with what a schedule gives. Lives on one thread. [serial]
class Load {
 public:
  virtual ~Load() = default;
  /// Carries out the schedule until it is over and every operation is finished. May be called again: connections stay.
  /// Fails only if nothing could be tried at all; failed operations are in the schedule's tally. [blocking]
  virtual Status run(Schedule& schedule) = 0;
};

}  // namespace stator::cli
