#include "cli/backup/progress.h"

#include <ostream>

namespace stator::cli {

std::string megabytes(std::uint64_t bytes) {
  const std::uint64_t tenths = bytes / 100'000;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MB";
}

void Progress::end() {
  if (line_open_) terminal_.err << std::endl;
  line_open_ = false;
}

void Progress::say(const std::string& what) {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + std::chrono::seconds(1);
  if (terminal_.out_is_tty) {
    terminal_.err << "\r\x1b[K" << what << std::flush;
    line_open_ = true;
  } else {
    terminal_.err << what << std::endl;
  }
}

}  // namespace stator::cli
