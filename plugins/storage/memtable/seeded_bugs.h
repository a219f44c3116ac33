#pragma once

/// Deliberate mistakes of this plugin, each a switch in one place, that the simulator must find: as
/// kernel/seeded_bugs.h has them for the kernel. They exist only where STATOR_WITH_SEEDED_BUGS is defined, in the copy
/// of the plugin that the simulator's catalogue links; in every other build `MEMTABLE_SEEDED_BUG(name)` is false.

// name, what it does wrong
#define MEMTABLE_SEEDED_BUGS(BUG)                                                                                     \
  BUG(damaged_middle_truncated, "a log is cut at the first frame that is not valid, though valid ones come after it") \
  BUG(damage_left_alone, "what is found damaged when the files are read again stays as it is")                        \
  BUG(failed_sync_retried, "a sync that failed is tried again, and believed when it then succeeds")

#ifdef STATOR_WITH_SEEDED_BUGS
#include <string_view>

namespace stator::memtable {

#define MEMTABLE_SEEDED_BUG_NAME(name, meaning) name,
enum class SeededBug { none, MEMTABLE_SEEDED_BUGS(MEMTABLE_SEEDED_BUG_NAME) };
#undef MEMTABLE_SEEDED_BUG_NAME

struct SeededBugEntry {
  SeededBug bug;
  std::string_view name;
  std::string_view meaning;
};
#define MEMTABLE_SEEDED_BUG_ENTRY(name, meaning) {SeededBug::name, #name, meaning},
inline constexpr SeededBugEntry kSeededBugs[] = {MEMTABLE_SEEDED_BUGS(MEMTABLE_SEEDED_BUG_ENTRY)};
#undef MEMTABLE_SEEDED_BUG_ENTRY

/// The mistake that is made in this process; none unless somebody chose one. [one thread]
inline SeededBug seeded_bug = SeededBug::none;

}  // namespace stator::memtable

#define MEMTABLE_SEEDED_BUG(name) (::stator::memtable::seeded_bug == ::stator::memtable::SeededBug::name)
#else
#define MEMTABLE_SEEDED_BUG(name) false
#endif
