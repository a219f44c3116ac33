#include "tests/simulation/histories/catalogue.h"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <string>

#include "kernel/seeded_bugs.h"
#include "plugins/storage/memtable/seeded_bugs.h"
#include "tests/simulation/histories/child_series.h"

namespace stator::simulation {
namespace {

/// Where a bug is looked for. Those not named here are found by any history, or by a few.
struct Search {
  std::string_view bug;
  std::string_view
      plan;  ///< "collects", "datatypes": by chance, all with those; else one of directed_plans.h; empty: by chance
  std::uint64_t seed;  ///< where it was found last
  std::uint64_t histories;
};
constexpr Search kSearches[] = {
    {"epoch_kept_on_lost_mark", "copy_put_back_among_strangers", 1, 10},
    {"authority_without_data", "read_from_a_new_disk", 1, 10},
    {"doubted_peer_vouches", "read_from_two_new_disks", 1, 10},
    {"empty_disk_trusted", "new_disk_asked_at_once", 1, 10},
    {"old_copy_trusted", "copy_put_back", 1, 10},
    {"old_copy_forgotten_at_second_start", "copy_put_back_and_started_twice", 1, 10},
    {"clock_limit_lowered", "limit_of_a_clock_set_back", 1, 10},
    {"unclean_stop_noted_clean", "stopped_after_a_full_disk", 1, 10},
    {"hint_generation_ignored", "written_while_hints_travel", 1, 50},
    {"collection_by_quorum", "removed_behind_a_nodes_back", 1, 50},
    {"collection_is_forgotten", "removed_behind_a_nodes_back", 1, 100},
    {"old_copy_shown", "copy_put_back_after_collections", 1, 10},
    {"old_hints_delivered", "hints_put_back_after_collections", 1, 10},
    {"barrier_forgotten", "new_disk_before_an_old_repair", 1, 10},
    {"message_life_not_enforced", "repair_overtaken_by_a_collection", 1, 20},
    {"write_does_not_cancel_collection", "made_anew_while_collected", 1, 50},
    {"hint_cap_ignored", "more_hints_than_fit", 1, 10},
    {"scrub_trusts_the_tree", "copies_vanish", 1, 10},
    {"damage_left_alone", "log_rots_before_a_kill", 1, 20},
    {"collections_remembered_for_ever", "collects", 1, 20},
    {"collection_by_time_alone", "collects", 1, 150},
    {"collection_ignores_hints", "collects", 1, 150},
    {"collection_skips_down_members", "collects", 1, 150},
    {"operation_takes_all_for_seen", "datatypes", 1, 20},
    {"operation_done_unseen", "datatypes", 1, 50},
    {"delta_claims_whole_context", "datatypes", 1, 50},
    {"delta_applied_without_base", "datatypes", 1, 50},
    {"lacking_base_counted_as_ack", "datatypes", 1, 150},
    {"replaced_row_kept", "datatypes", 1, 20},
    {"rows_without_chain", "datatypes", 100, 50},
    {"rows_in_flight_ignored", "datatypes", 1, 20},
    {"delta_leaves_rows", "datatypes", 1, 20},
};
constexpr Search kElsewhere = {"", "", 1, 150};
// Nobody looks in histories how full the disks are, no disk loses single blocks in them, nor, as good as ever, a row,
// and seldom does a disk fail between a write and the question for its record: see seeded_full_disk_test of tests/node,
// mending_test and large_copies_test of tests/healing and deltas_test of tests/coordinator, which the tests
// ..._liar_lost_copies_vouched_for, ..._liar_misfits_kept and ..._liar_late_record_without_the_write have fail.
constexpr std::string_view kDirectedTests[] = {"reserve_ignored", "full_replica_takes_values",
                                               "lost_copies_vouched_for", "misfits_kept",
                                               "late_record_without_the_write"};

const Search& search_for(std::string_view bug) {
  const auto* const found = std::find_if(std::begin(kSearches), std::end(kSearches),
                                         [bug](const Search& search) { return search.bug == bug; });
  return found == std::end(kSearches) ? kElsewhere : *found;
}

SeriesPlan series_of(const Search& search) {
  SeriesPlan series;
  series.plan.collects = search.plan == "collects";
  series.plan.datatypes = search.plan == "datatypes";
  if (!series.plan.collects && !series.plan.datatypes) series.plan.directed = search.plan;
  series.seed = search.seed;
  series.histories = search.histories;
  return series;
}

bool is_sound_without(SeriesPlan series, std::uint64_t seed, double& cpu_seconds) {
  series.seed = seed;
  series.histories = 1;
  const SeriesOutcome outcome = run_in_a_child(series, [] {});
  cpu_seconds += outcome.cpu_seconds;
  return !outcome.violation;
}

bool look_for(const CatalogueBug& bug, const CatalogueOptions& options) {
  const Search& search = search_for(bug.name);
  SeriesPlan series = series_of(search);
  if (options.histories > 0) {
    series.seed = 1;
    series.histories = options.histories;
  }
  const std::uint64_t end = series.seed + series.histories;
  double cpu_seconds = 0;
  SeriesOutcome outcome;
  bool found = false;
  while (!found && series.seed < end) {
    series.histories = end - series.seed;
    outcome = run_in_a_child(series, [&bug] { bug.make(); });
    cpu_seconds += outcome.cpu_seconds;
    if (!outcome.violation) break;
    found = is_sound_without(series, outcome.seed, cpu_seconds);
    series.seed = outcome.seed + 1;
  }
  std::printf("%-32s %6.2f s  %s%s%s seed %llu: %s\n", std::string(bug.name).c_str(), cpu_seconds,
              found ? "found by " : "NOT FOUND by ", std::string(search.plan).c_str(), search.plan.empty() ? "" : ",",
              static_cast<unsigned long long>(outcome.seed),
              found ? outcome.violation->c_str() : std::string(bug.meaning).c_str());
  std::fflush(stdout);
  return found;
}

}  // namespace

std::vector<CatalogueBug> catalogue_bugs() {
  std::vector<CatalogueBug> all;
  for (std::size_t place = 0; place < std::size(kSeededBugs); ++place) {
    const auto* const end = std::end(kDirectedTests);
    if (std::find(std::begin(kDirectedTests), end, kSeededBugs[place].name) != end) continue;
    all.push_back({kSeededBugs[place].name, kSeededBugs[place].meaning,
                   [](std::size_t chosen) { seeded_bug = kSeededBugs[chosen].bug; }, place});
  }
  for (std::size_t place = 0; place < std::size(memtable::kSeededBugs); ++place) {
    all.push_back({memtable::kSeededBugs[place].name, memtable::kSeededBugs[place].meaning,
                   [](std::size_t chosen) { memtable::seeded_bug = memtable::kSeededBugs[chosen].bug; }, place});
  }
  return all;
}

std::size_t run_catalogue(const CatalogueOptions& options) {
  std::size_t looked_for = 0;
  std::size_t missed = 0;
  for (const CatalogueBug& bug : catalogue_bugs()) {
    const auto& names = options.names;
    if (!names.empty() && std::find(names.begin(), names.end(), bug.name) == names.end()) continue;
    ++looked_for;
    missed += look_for(bug, options) ? 0 : 1;
  }
  std::cout << looked_for << " seeded bugs, " << missed << " not found" << std::endl;
  return looked_for < options.names.size() ? options.names.size() - looked_for : missed;
}

}  // namespace stator::simulation
