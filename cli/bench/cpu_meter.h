#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "stator/status.h"

namespace stator::cli {

/// The CPU time, user and system, that some processes of this machine have used since the meter was made.
/// The kernel counts in clock ticks of 10 ms.
class CpuMeter {
 public:
  /// Fails with not_found if a process is not there.
  static Result<CpuMeter> start(const std::vector<pid_t>& pids);
  /// Per process, in the order given. Fails if one has ended meanwhile.
  Result<std::vector<std::chrono::microseconds>> used() const;

  /// The ticks in the text of /proc/PID/stat; absent if it is none.
  static std::optional<long> parse_ticks(std::string_view stat);

 private:
  struct Process {
    pid_t pid;
    long ticks;
  };
  std::vector<Process> processes_;
};

}  // namespace stator::cli
