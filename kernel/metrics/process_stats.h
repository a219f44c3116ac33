#pragma once

namespace stator {

/// What the operating system says of this process; zeros where it says nothing.
struct ProcessStats {
  double cpu_seconds = 0;
  double resident_bytes = 0;
  double virtual_bytes = 0;
  double open_fds = 0;
  double max_fds = 0;
  double start_time_seconds = 0;  ///< since 1970
};

ProcessStats read_process_stats();

}  // namespace stator
