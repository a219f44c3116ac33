#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace stator::cli {

enum class Outcome { passed, failed, crashed, skipped };

/// "passed" …
const char* name_of(Outcome outcome);

/// What came of one check. A value.
struct Verdict {
  Outcome outcome = Outcome::passed;
  std::vector<std::string> details;  ///< what was broken and how, or why it was skipped; a line each
};

/// Failed if there are violations.
Verdict verdict_of(std::vector<std::string> violations);
Verdict skipped(std::string why);

/// One thing that is tried of a plugin, with a process of its own to try it in.
struct Check {
  std::string name;      ///< "IgnoresOrder"
  std::string sentence;  ///< for reports: what holds
  std::function<Verdict()> run;
};

/// Runs it here; an exception is a failure.
Verdict run_here(const Check& check);
/// Runs it in a forked child, so that a crash, an exit or a hang is an answer like any other. The calling process has
/// one thread. [blocking]
Verdict run_in_child(const Check& check, std::chrono::seconds patience);

}  // namespace stator::cli
