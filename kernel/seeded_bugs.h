#pragma once

/// Deliberate mistakes, each a switch in one place of the kernel, that the simulator must find: its catalogue of liars.
/// They exist only in stator_kernel_seeded, the build of the kernel that the catalogue links; in every other build
/// `STATOR_SEEDED_BUG(name)` is false and the mistake is not compiled in.
///
///   if (!observed || STATOR_SEEDED_BUG(read_repair_ignores_context)) …

// name, what it does wrong
#define STATOR_SEEDED_BUGS(BUG)                                                                               \
  BUG(epoch_kept_on_lost_mark, "a node that finds its mark disproved goes on counting under it")              \
  BUG(marks_survive_unclean_restart, "an unclean start takes no new incarnation")                             \
  BUG(context_without_versions, "a coordinator ships the merged context with only its new version")           \
  BUG(authority_without_data, "a node that has lost its data answers reads as if it had all")                 \
  BUG(old_copy_trusted, "the marks of a clean shutdown hold at once, and whatever peers say")                 \
  BUG(message_life_not_enforced, "a record read long ago is merged like any other")                           \
  BUG(digest_without_values, "trees cover the contexts of records and not their values")                      \
  BUG(tree_misses_new_keys, "the first copy of a key is left out of its tree")                                \
  BUG(tree_misses_updates, "a copy that replaces another is left out of its tree")                            \
  BUG(rebuild_ignores_pending, "a rebuilt tree takes what is stored for what is known to be")                 \
  BUG(leaf_sizes_compared, "leaves with equally many entries are taken for equal")                            \
  BUG(repair_ships_one_version, "anti-entropy sends the newest version alone")                                \
  BUG(repair_overwrites, "anti-entropy stores what it fetched in place of what is here")                      \
  BUG(one_fallback_for_two_primaries, "one fallback stands in for two primaries of a write and counts twice") \
  BUG(hint_counted_before_sync, "a fallback acknowledges a hint before it is on its disk")                    \
  BUG(hint_dropped_on_failure, "a hint whose delivery failed is taken for delivered")                         \
  BUG(hint_generation_ignored, "a delivered hint is removed although it has changed since it was sent")       \
  BUG(hint_mark_outlives_handoff, "the mark of a hint copy stays when the copy was delivered and removed")    \
  BUG(hints_forgotten_at_restart, "hints are not looked for at a start")                                      \
  BUG(hint_delivered_as_newest_alone, "a hint is delivered with only its newest version")                     \
  BUG(collection_by_quorum, "members that do not answer a collection are done without")                       \
  BUG(collection_by_time_alone, "each replica removes its tombstones when their grace is over")               \
  BUG(collection_ignores_hints, "a member with hints for the partition lets its collection pass")             \
  BUG(collection_is_forgotten, "what is collected is taken back from whoever still has it")                   \
  BUG(collection_skips_down_members, "members that seem down are not asked for a collection")                 \
  BUG(expiry_from_arrival, "a replica lets a version expire a while after it came, not after its stamp")      \
  BUG(write_does_not_cancel_collection, "a record that changed after prepare is removed all the same")

#ifdef STATOR_WITH_SEEDED_BUGS
#include <string_view>

namespace stator {

#define STATOR_SEEDED_BUG_NAME(name, meaning) name,
enum class SeededBug { none, STATOR_SEEDED_BUGS(STATOR_SEEDED_BUG_NAME) };
#undef STATOR_SEEDED_BUG_NAME

struct SeededBugEntry {
  SeededBug bug;
  std::string_view name;
  std::string_view meaning;
};
#define STATOR_SEEDED_BUG_ENTRY(name, meaning) {SeededBug::name, #name, meaning},
inline constexpr SeededBugEntry kSeededBugs[] = {STATOR_SEEDED_BUGS(STATOR_SEEDED_BUG_ENTRY)};
#undef STATOR_SEEDED_BUG_ENTRY

/// The mistake that is made in this process; none unless somebody chose one. [one thread]
inline SeededBug seeded_bug = SeededBug::none;

}  // namespace stator

#define STATOR_SEEDED_BUG(name) (::stator::seeded_bug == ::stator::SeededBug::name)
#else
#define STATOR_SEEDED_BUG(name) false
#endif
