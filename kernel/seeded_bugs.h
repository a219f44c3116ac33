#pragma once

/// Deliberate mistakes, each a switch in one place of the kernel, that the simulator must find: its catalogue of liars.
/// They exist only in stator_kernel_seeded, the build of the kernel that the catalogue links; in every other build
/// `STATOR_SEEDED_BUG(name)` is false and the mistake is not compiled in.
///
///   if (!observed || STATOR_SEEDED_BUG(read_repair_ignores_context)) …

// name, what it does wrong
#define STATOR_SEEDED_BUGS(BUG)                                                                               \
  BUG(epoch_kept_on_lost_mark, "a node that finds its mark disproved goes on counting under it")              \
  BUG(epoch_for_every_write, "a node begins a new epoch with every write it signs")                           \
  BUG(marks_survive_unclean_restart, "an unclean start takes no new incarnation")                             \
  BUG(context_without_versions, "a coordinator ships the merged context with only its new version")           \
  BUG(authority_without_data, "a node that has lost its data answers reads as if it had all")                 \
  BUG(lost_copies_vouched_for, "what could not be read is given up, and its partitions count as before")      \
  BUG(doubted_peer_vouches, "being equal to a node that is in doubt itself counts like to any other")         \
  BUG(empty_disk_trusted, "a node that finds its disk empty answers reads before it has met anybody")         \
  BUG(old_copy_trusted, "the marks of a clean shutdown hold at once, and whatever peers say")                 \
  BUG(old_copy_forgotten_at_second_start, "what the first start found is forgotten by the second")            \
  BUG(old_copy_shown, "a disk that was put back shows peers all that is on it, and merges with it")           \
  BUG(old_hints_delivered, "the hints of a disk that was put back are delivered again")                       \
  BUG(barrier_forgotten, "a node that lost its disk takes what was read before it knew")                      \
  BUG(message_life_not_enforced, "a record read long ago is merged like any other")                           \
  BUG(digest_without_values, "trees cover the contexts of records and not their values")                      \
  BUG(tree_misses_new_keys, "the first copy of a key is left out of its tree")                                \
  BUG(tree_misses_updates, "a copy that replaces another is left out of its tree")                            \
  BUG(rebuild_ignores_pending, "a rebuilt tree takes what is stored for what is known to be")                 \
  BUG(scrub_trusts_the_tree, "a partition whose copies are not what its tree says is taken for sound")        \
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
  BUG(hint_cap_ignored, "hints for a target are taken however many bytes there are")                          \
  BUG(collections_remembered_for_ever, "what was collected is remembered for longer than messages live")      \
  BUG(collection_by_quorum, "members that do not answer a collection are done without")                       \
  BUG(collection_by_time_alone, "each replica removes its tombstones when their grace is over")               \
  BUG(collection_ignores_hints, "a member with hints for the partition lets its collection pass")             \
  BUG(collection_is_forgotten, "what is collected is taken back from whoever still has it")                   \
  BUG(collection_skips_down_members, "members that seem down are not asked for a collection")                 \
  BUG(expiry_from_arrival, "a replica lets a version expire a while after it came, not after its stamp")      \
  BUG(write_does_not_cancel_collection, "a record that changed after prepare is removed all the same")        \
  BUG(acknowledged_before_sync, "a replica says that a copy is on its disk when it is on its way there")      \
  BUG(failed_sync_taken_for_done, "a copy that could not be written counts as written")                       \
  BUG(marks_kept_after_failed_sync, "a node whose write failed goes on counting under the marks it has")      \
  BUG(far_future_believed, "a record is merged however far ahead its stamps are")                             \
  BUG(answer_covers_unseen, "the context of a put's answer covers siblings that its writer has not seen")     \
  BUG(read_repair_ships_one_version, "a read repairs replicas with the newest version alone")                 \
  BUG(deadline_not_forwarded, "a forwarded write begins a deadline of its own")                               \
  BUG(merge_ignores_one_context, "what one side has seen replaced stays when the other side holds it")        \
  BUG(merge_keeps_older_context, "a merged record has the context of one side alone")                         \
  BUG(operation_takes_all_for_seen, "an operation is told that its client has seen whatever is there")        \
  BUG(operation_done_unseen, "an operation is done where what its client has seen is not")                    \
  BUG(delta_claims_whole_context, "a delta says that all was seen that its coordinator has seen")             \
  BUG(delta_applied_without_base, "a delta is joined where what it builds on is missing")                     \
  BUG(lacking_base_counted_as_ack, "a replica that lacks the base of a delta counts as having it")            \
  BUG(replaced_row_kept, "what an operation replaces in a large copy keeps its row")                          \
  BUG(rows_without_chain, "a large copy is stored whatever became of the commits it builds on")               \
  BUG(rows_in_flight_ignored,                                                                                 \
      "an operation on a large copy sees the rows that are stored, and not those on their way")               \
  BUG(delta_leaves_rows, "a delta takes nothing away from a large copy")                                      \
  BUG(late_record_without_the_write, "a record that is read for a replica later is sent whatever it lacks")   \
  BUG(misfits_kept, "what is left of a large copy without all its rows stays")                                \
  BUG(op_id_ignored, "a retry is taken for a new write")                                                      \
  BUG(create_only_ignored, "a write that may only create replaces nothing and is taken")                      \
  BUG(counter_not_incremented, "two writes in a row get one dot")                                             \
  BUG(write_replaces_unseen, "a write removes siblings that its client has not seen")                         \
  BUG(removal_leaves_values, "a removal is put beside what it removes")                                       \
  BUG(clock_limit_forgotten, "a start begins at the wall clock and not above the limit of the life before")   \
  BUG(clock_limit_lowered, "a renewal puts a lower limit on disk than is in force")                           \
  BUG(token_not_checked, "a context is taken whoever issued it, and for whatever key")                        \
  BUG(future_context_taken, "a context that names an epoch of a time to come is taken")                       \
  BUG(digests_not_compared, "a read takes every digest for that of the record it has")                        \
  BUG(read_quorum_one_short, "a read asks one replica less than its quorum")                                  \
  BUG(failure_counted_as_ack, "a replica that failed counts towards the quorum")                              \
  BUG(own_disk_counted_twice, "the coordinator's disk counts for two replicas")                               \
  BUG(clean_note_kept, "the note of a clean shutdown stays, and makes a crash look like one")                 \
  BUG(unclean_stop_noted_clean, "a stop after failed writes is noted as clean")                               \
  BUG(pending_ignored, "a write builds on what is stored, whatever is on its way to disk")                    \
  BUG(forwarded_twice, "a write is forwarded to its holder twice")                                            \
  BUG(reserve_ignored, "a node takes everything until its disk has no byte left")                             \
  BUG(full_replica_takes_values, "a node below its reserve takes values that other nodes bring")

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
