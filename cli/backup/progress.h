#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "cli/terminal.h"

namespace stator::cli {

std::string megabytes(std::uint64_t bytes);

/// Says how far a long verb is, once a second: on a terminal in one line that is written over, else in lines. What is
/// over within a second says nothing. [serial]
class Progress {
 public:
  explicit Progress(Terminal& terminal) : terminal_(terminal) {}
  ~Progress() { end(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void say(const std::string& what);
  /// Ends a line that would be written over: something else is said.
  void end();

 private:
  Terminal& terminal_;
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  bool line_open_ = false;
};

}  // namespace stator::cli
