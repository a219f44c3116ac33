#include <cstdlib>
#include <string_view>

#include "kernel/invariant.h"
#include "kernel/seeded_bugs.h"

/// Linked into tests over the seeded kernel: they make the mistake that STATOR_SEEDED_BUG names, or none.
namespace stator {
namespace {

SeededBug chosen() {
  const char* wanted = std::getenv("STATOR_SEEDED_BUG");
  if (wanted == nullptr) return SeededBug::none;
  for (const SeededBugEntry& entry : kSeededBugs) {
    if (entry.name == wanted) return entry.bug;
  }
  STATOR_INVARIANT(false, "STATOR_SEEDED_BUG names one of kernel/seeded_bugs.h");
  return SeededBug::none;
}

[[maybe_unused]] const SeededBug kChosen = seeded_bug = chosen();

}  // namespace
}  // namespace stator
