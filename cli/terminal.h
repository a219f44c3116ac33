#pragma once

#include <iosfwd>

namespace stator::cli {

/// Where a verb reads and writes: the process's own streams, or a test's. Outlives the verb. [serial]
struct Terminal {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool out_is_tty = false;  ///< a person looks at `out`; a value is then ended with a newline
};

/// What the process ends with.
enum class ExitCode : int {
  ok = 0,
  failed = 1,  ///< not found, or not done
  usage = 2,   ///< the arguments make no sense
  unfit = 78,  ///< what was named is not what the verb works on, or cannot be looked at: nothing was found out
};

}  // namespace stator::cli
