#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "cli/bench/histogram.h"

namespace stator::cli {

/// What became of one operation.
struct OperationResult {
  enum class Kind { ok, missing, failed };
  Kind kind = Kind::ok;      ///< missing: a read that found no such key, which is an answer and no error
  std::string_view error{};  ///< what failed, as it is counted: "HTTP 503", "UNAVAILABLE"; read during the call only
};

/// What a load has seen: latencies in nanoseconds of everything that was answered, and failures by kind. A value;
/// mergeable.
struct Tally {
  Histogram reads;
  Histogram writes;
  std::uint64_t missing = 0;
  std::uint64_t failed = 0;
  std::uint64_t unsent = 0;  ///< of an open loop: were due before the end and found no free connection
  std::map<std::string, std::uint64_t, std::less<>> errors;

  void merge(const Tally& other);
  std::uint64_t answered() const { return reads.count() + writes.count(); }
};

}  // namespace stator::cli
