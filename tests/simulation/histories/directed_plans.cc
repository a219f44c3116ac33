#include "tests/simulation/histories/directed_plans.h"

#include <algorithm>
#include <iterator>

#include "kernel/invariant.h"
#include "tests/simulation/histories/dice.h"

namespace stator::simulation {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint8_t kVictim = 0;  ///< the node that things happen to
constexpr std::uint8_t kOther = 1, kThird = 2;

/// Three nodes, all of which hold every key, a quick network, and time between rounds of anti-entropy.
Plan calm(std::uint64_t seed, std::size_t keys) {
  Plan plan;
  plan.seed = seed;
  Configuration& made = plan.configuration;
  made.clients = 12;
  made.longest_sync = milliseconds(1);
  made.round = seconds(5);
  made.repair_interval = seconds(10);
  KeyspacePlan keyspace;
  keyspace.rules.name = "default";
  keyspace.rules.sloppy = false;
  keyspace.rules.timeout = milliseconds(500);
  keyspace.keys = keys;
  made.keyspaces = {keyspace};
  return plan;
}

void fault(Plan& plan, int at, FaultKind kind, FaultStep step) {
  step.at = milliseconds(at);
  step.kind = kind;
  plan.faults.push_back(step);
}

void request(Plan& plan, int at, RequestKind kind, RequestStep step) {
  step.at = milliseconds(at);
  step.kind = kind;
  plan.requests.push_back(step);
}

// As chance left them.
void put_in_order(Plan& plan) {
  const auto earlier = [](const auto& a, const auto& b) { return a.at < b.at; };
  std::stable_sort(plan.faults.begin(), plan.faults.end(), earlier);
  std::stable_sort(plan.requests.begin(), plan.requests.end(), earlier);
}

// Both directions of a link.
void cut(Plan& plan, int at, int lasts, std::uint8_t one, std::uint8_t other) {
  fault(plan, at, FaultKind::cut_one_way, {.node = one, .other = other, .lasts = milliseconds(lasts)});
  fault(plan, at, FaultKind::cut_one_way, {.node = other, .other = one, .lasts = milliseconds(lasts)});
}

// From then on, for that long, frames that are sent to the node take so much more; what is sent later overtakes them.
void hold_back(Plan& plan, Duration at, Duration lasts, std::uint8_t node, Duration by) {
  plan.faults.push_back({.at = at, .kind = FaultKind::slow_node, .node = node, .lasts = 4 * by});
  plan.faults.push_back({.at = at + lasts, .kind = FaultKind::slow_node, .node = node, .lasts = Duration(4)});
}

// Of every key, at once, by a client of its own.
void request_all(Plan& plan, int at, RequestKind kind, std::uint8_t node) {
  const KeyspacePlan& keyspace = plan.configuration.keyspaces.front();
  for (std::size_t key = 0; key < keyspace.keys; ++key) {
    RequestStep step{.client = static_cast<std::uint8_t>(key), .node = node};
    step.key = static_cast<std::uint16_t>(key);
    request(plan, at, kind, step);
  }
}

// Three writes, of which the copy knows the first.
Plan copied_after_a_write(std::uint64_t seed) {
  Plan plan = calm(seed, 1);
  request(plan, 100, RequestKind::read_modify, {.client = 0, .node = kVictim});
  request(plan, 200, RequestKind::read, {.client = 3, .node = kVictim});
  fault(plan, 300, FaultKind::copy_at_rest, {.node = kVictim, .lasts = milliseconds(20)});
  request(plan, 500, RequestKind::read_modify, {.client = 2, .node = kVictim});
  request(plan, 600, RequestKind::read, {.client = 1, .node = kVictim});
  request(plan, 700, RequestKind::read_modify, {.client = 2, .node = kVictim});
  return plan;
}

// It is put back where only that peer can be reached which has heard nothing of the writes after the copy. Client 1 has
// seen the second: the third must not get its successor's name.
Plan copy_put_back_among_strangers(std::uint64_t seed) {
  Plan plan = copied_after_a_write(seed);
  cut(plan, 250, 750, kVictim, kThird);
  cut(plan, 1000, 2000, kVictim, kOther);
  fault(plan, 1050, FaultKind::restore_copy, {.node = kVictim, .lasts = milliseconds(20)});
  request(plan, 1080, RequestKind::write_back, {.client = 1, .node = kVictim});
  return plan;
}

// Every peer has heard of more than it knows. Client 3 has seen the first alone.
Plan copy_put_back(std::uint64_t seed) {
  Plan plan = copied_after_a_write(seed);
  fault(plan, 1000, FaultKind::restore_copy, {.node = kVictim, .lasts = milliseconds(20)});
  request(plan, 1030, RequestKind::write_back, {.client = 3, .node = kVictim});
  return plan;
}

// The same, but nobody can be reached in the life that finds the old disk; the next one finds what that has left on it.
Plan copy_put_back_and_started_twice(std::uint64_t seed) {
  Plan plan = copied_after_a_write(seed);
  plan.configuration.max_clock_skew = milliseconds(100);
  for (std::uint8_t peer : {kOther, kThird}) cut(plan, 950, 105, kVictim, peer);
  fault(plan, 1000, FaultKind::restore_copy, {.node = kVictim, .lasts = milliseconds(20)});
  fault(plan, 1040, FaultKind::clean_restart, {.node = kVictim, .lasts = milliseconds(20)});
  request(plan, 1070, RequestKind::write_back, {.client = 3, .node = kVictim});
  return plan;
}

// One of the two that hold the write gets a new disk, and the third, which missed the write, reads from itself and from
// that one. It has heard enough of it to tell it what it has lost.
Plan read_from_a_new_disk(std::uint64_t seed) {
  Plan plan = calm(seed, 1);
  cut(plan, 100, 2500, kThird, kOther);
  cut(plan, 100, 425, kThird, kVictim);
  request(plan, 200, RequestKind::read_modify, {.client = 0, .node = kVictim});
  cut(plan, 510, 2000, kVictim, kOther);
  fault(plan, 520, FaultKind::wipe, {.node = kVictim, .lasts = milliseconds(20)});
  for (int at : {600, 700, 800}) request(plan, at, RequestKind::read, {.client = 1, .node = kThird});
  return plan;
}

// The same, but it is its own clients who ask that one, before anybody can have told it what it has lost: it has met
// nobody, and what it asks the third is long under way.
Plan new_disk_asked_at_once(std::uint64_t seed) {
  Plan plan = calm(seed, 1);
  cut(plan, 100, 2500, kThird, kOther);
  cut(plan, 100, 425, kThird, kVictim);
  request(plan, 200, RequestKind::read_modify, {.client = 0, .node = kVictim});
  cut(plan, 510, 2000, kVictim, kOther);
  fault(plan, 520, FaultKind::wipe, {.node = kVictim, .lasts = milliseconds(20)});
  fault(plan, 530, FaultKind::slow_node, {.node = kThird, .lasts = milliseconds(200)});
  for (int at : {541, 550, 560})
    request(plan, at, RequestKind::read, {.client = static_cast<std::uint8_t>(at / 10 - 50), .node = kVictim});
  return plan;
}

// Two of the three that hold each write get new disks, which is no more than three acknowledgements survive. The third
// tells them what they have lost, and cannot be reached any more: what they have is equal, and is nothing.
Plan read_from_two_new_disks(std::uint64_t seed) {
  Plan plan = calm(seed, 1);
  KeyspaceRules& rules = plan.configuration.keyspaces.front().rules;
  rules.w = 3;
  rules.r = 1;
  request(plan, 200, RequestKind::read_modify, {.client = 0, .node = kThird});
  for (std::uint8_t node : {kVictim, kOther}) {
    fault(plan, 500, FaultKind::wipe, {.node = node, .lasts = milliseconds(20)});
    cut(plan, 540, 3500, node, kThird);
  }
  for (int look = 0; look < 4; ++look) {
    const auto client = static_cast<std::uint8_t>(1 + look);
    request(plan, 1800 + 500 * look, RequestKind::read, {.client = client, .node = look % 2 == 0 ? kVictim : kOther});
  }
  return plan;
}

// As by chance, but for writes that are on three disks at least, of which two are lost in each round.
Plan two_disks_lost(std::uint64_t seed) { return make_plan(seed, {.two_disks = true}); }

// A clock that was ahead when its limit was renewed, and is not any more at the next renewal; then another's pushes it
// to where only the first limit reaches; then the power goes.
Plan limit_of_a_clock_set_back(std::uint64_t seed) {
  Plan plan = calm(seed, 1);
  fault(plan, 1400, FaultKind::clock_jump, {.node = kVictim, .lasts = milliseconds(200), .amount = 8000});
  fault(plan, 3100, FaultKind::clock_jump, {.node = kOther, .lasts = milliseconds(400), .amount = 6000});
  for (int at : {3200, 3300, 3400}) request(plan, at, RequestKind::blind, {.client = 0, .node = kOther});
  request(plan, 3600, RequestKind::blind, {.client = 1, .node = kVictim});
  fault(plan, 3800, FaultKind::power_cut, {.node = kVictim, .lasts = milliseconds(20)});
  for (int at : {3825, 3835, 3850}) request(plan, at, RequestKind::blind, {.client = 2, .node = kVictim});
  return plan;
}

// The second write is signed and kept by the others alone. After a stop in good order client 1 writes on from the
// first.
Plan stopped_after_a_full_disk(std::uint64_t seed) {
  Plan plan = calm(seed, 1);
  plan.configuration.memtable = false;  // its log has room in advance: it is seldom full
  request(plan, 100, RequestKind::read_modify, {.client = 0, .node = kVictim});
  request(plan, 200, RequestKind::read, {.client = 1, .node = kVictim});
  fault(plan, 300, FaultKind::full_disk, {.node = kVictim, .lasts = milliseconds(200)});
  request(plan, 350, RequestKind::read_modify, {.client = 0, .node = kVictim});
  fault(plan, 600, FaultKind::clean_restart, {.node = kVictim, .lasts = milliseconds(20)});
  request(plan, 625, RequestKind::write_back, {.client = 1, .node = kVictim});
  return plan;
}

// Single replicas, one of which is away; what stands in for it is delivered slowly, through moments in which the way to
// it is open, and written meanwhile by clients who have seen nothing of each other.
Plan written_while_hints_travel(std::uint64_t seed) {
  Dice dice(seed);
  Plan plan = calm(seed, 12);
  KeyspaceRules& rules = plan.configuration.keyspaces.front().rules;
  rules.n = rules.r = rules.w = 1;
  rules.sloppy = true;
  fault(plan, 500, FaultKind::kill, {.node = kVictim, .lasts = milliseconds(300)});
  for (int at : {750, 2760}) fault(plan, at, FaultKind::slow_node, {.node = kVictim, .lasts = seconds(2)});
  for (int at = 800; at < 4700; at += 450) {
    for (std::uint8_t from : {kOther, kThird})
      fault(plan, at, FaultKind::cut_one_way, {.node = from, .other = kVictim, .lasts = milliseconds(400)});
  }
  for (int at = 50; at < 4000; at += dice.in(1, 20)) {
    RequestStep step;
    step.client = static_cast<std::uint8_t>(dice.below(12));
    step.key = static_cast<std::uint16_t>(dice.below(12));
    step.node = static_cast<std::uint8_t>(1 + dice.below(2));
    request(plan, at, at < 450 ? RequestKind::read : RequestKind::write_back, step);
  }
  return plan;
}

// Again and again: all keys are made, a node is cut off or dies, all are removed, and when it is back, with the old
// values, their grace is over. Repairs and collections are quick, but for a frame now and then.
Plan removed_behind_a_nodes_back(std::uint64_t seed) {
  constexpr int kCycle = 10'000;
  constexpr int kKeys = 12;
  Dice dice(seed);
  Plan plan = calm(seed, kKeys);
  Configuration& made = plan.configuration;
  made.collects = true;
  made.collect_interval = milliseconds(300);
  made.max_clock_skew = seconds(1);
  made.repair_interval = milliseconds(500);
  made.round = milliseconds(6 * kCycle);
  made.network.straggler_permille = 150;
  made.network.longest_straggle = milliseconds(1900);
  made.keyspaces.front().rules.timeout = seconds(1);
  made.keyspaces.front().rules.tombstone_grace = seconds(4);
  for (int cycle = 0; cycle < 6; ++cycle) {
    const int begin = cycle * kCycle;
    const auto away = static_cast<std::uint8_t>(cycle % 3);
    for (int peer : {1, 2}) cut(plan, begin + 2000, 5300, away, static_cast<std::uint8_t>((away + peer) % 3));
    if (cycle % 2 == 1) fault(plan, begin + 2000, FaultKind::kill, {.node = away, .lasts = milliseconds(6500)});
    for (int key = 0; key < kKeys; ++key) {
      RequestStep step;
      step.client = static_cast<std::uint8_t>(key);
      step.key = static_cast<std::uint16_t>(key);
      step.node = static_cast<std::uint8_t>((away + 1 + dice.below(2)) % 3);
      request(plan, begin + dice.in(0, 500), RequestKind::read_modify, step);
      request(plan, begin + 2020, RequestKind::read, step);
      request(plan, begin + 2100, RequestKind::remove, step);
    }
  }
  return plan;
}

// Graces of less than a second, and hardly a pause between two searches.
Plan collecting(std::uint64_t seed, std::size_t keys) {
  Plan plan = calm(seed, keys);
  Configuration& made = plan.configuration;
  made.clients = keys;
  made.collects = true;
  made.collect_interval = milliseconds(50);
  made.max_clock_skew = milliseconds(200);
  KeyspaceRules& rules = made.keyspaces.front().rules;
  rules.timeout = milliseconds(200);
  rules.tombstone_grace = 2 * (made.max_clock_skew + rules.timeout);
  return plan;
}

// All keys were removed and collected since the copy, and nobody remembers them any more.
Plan copy_put_back_after_collections(std::uint64_t seed) {
  Plan plan = collecting(seed, 12);
  request_all(plan, 100, RequestKind::read_modify, kOther);
  request_all(plan, 300, RequestKind::read, kOther);
  fault(plan, 400, FaultKind::copy_at_rest, {.node = kVictim, .lasts = milliseconds(50)});
  request_all(plan, 800, RequestKind::remove, kOther);
  fault(plan, 4000, FaultKind::restore_copy, {.node = kVictim, .lasts = milliseconds(20)});
  return plan;
}

// The victim keeps hints of keys that are no more its own, and a copy of its disk is made. They are delivered, and the
// keys removed and collected, before the copy is put back.
Plan hints_put_back_after_collections(std::uint64_t seed) {
  Plan plan = collecting(seed, 24);
  KeyspaceRules& rules = plan.configuration.keyspaces.front().rules;
  rules.n = rules.w = 2;
  rules.r = 1;
  rules.sloppy = true;
  plan.configuration.round = seconds(8);
  fault(plan, 100, FaultKind::kill, {.node = kOther, .lasts = milliseconds(900)});
  request_all(plan, 300, RequestKind::read_modify, kThird);
  fault(plan, 600, FaultKind::copy_at_rest, {.node = kVictim, .lasts = milliseconds(50)});
  request_all(plan, 3000, RequestKind::read, kThird);
  request_all(plan, 3200, RequestKind::remove, kThird);
  fault(plan, 6500, FaultKind::restore_copy, {.node = kVictim, .lasts = milliseconds(20)});
  return plan;
}

// A read repairs the victim, which missed the write, and that message is held back for as long as it may be; meanwhile
// the key is removed, collected and forgotten.
Plan repair_overtaken_by_a_collection(std::uint64_t seed) {
  Plan plan = collecting(seed, 12);
  plan.configuration.keyspaces.front().rules.r = 3;
  for (std::uint8_t peer : {kOther, kThird}) cut(plan, 1200, 700, kVictim, peer);
  request_all(plan, 1250, RequestKind::create_only, kOther);
  request_all(plan, 2000, RequestKind::read, kOther);
  hold_back(plan, milliseconds(2000) + microseconds(45), milliseconds(3), kVictim, milliseconds(1900));
  request_all(plan, 2020, RequestKind::remove, kOther);
  return plan;
}

// The removal is known to the third node alone when a read at another repairs the victim, which has neither. That
// message is under way while all three learn of the removal and collect it; and before it arrives the victim has a new
// disk, which knows nothing of the collection.
Plan new_disk_before_an_old_repair(std::uint64_t seed) {
  Plan plan = collecting(seed, 24);
  Configuration& made = plan.configuration;
  made.round = seconds(9);
  made.max_clock_skew = seconds(1);
  KeyspaceRules& rules = made.keyspaces.front().rules;
  rules.timeout = seconds(1);
  rules.tombstone_grace = seconds(4);
  rules.w = 1;
  rules.hint_bytes = 0;
  for (std::uint8_t peer : {kOther, kThird}) cut(plan, 1500, peer == kOther ? 4100 : 4500, kVictim, peer);
  request_all(plan, 1600, RequestKind::create_only, kOther);
  request_all(plan, 1800, RequestKind::read, kThird);
  cut(plan, 2300, 3700, kOther, kThird);
  request_all(plan, 2400, RequestKind::remove, kThird);
  request_all(plan, 5700, RequestKind::read, kOther);
  hold_back(plan, milliseconds(5700) + microseconds(45), milliseconds(3), kVictim, milliseconds(1500));
  for (int look = 0; look < 3; ++look)
    request_all(plan, 6020 + 60 * look, RequestKind::read, static_cast<std::uint8_t>(2 - look));
  fault(plan, 7000, FaultKind::wipe, {.node = kVictim, .lasts = milliseconds(20)});
  return plan;
}

// Again and again a key is removed, and made anew about when its grace is over: now and then between the two moments in
// which the replicas agree to collect it and do.
Plan made_anew_while_collected(std::uint64_t seed) {
  constexpr int kCycle = 2000;
  Dice dice(seed);
  Plan plan = collecting(seed, 4);
  Configuration& made = plan.configuration;
  made.network.longest_delay = milliseconds(15);
  made.round = milliseconds(10 * kCycle);
  for (int cycle = 0; cycle < 10; ++cycle) {
    const int begin = cycle * kCycle;
    request_all(plan, begin, RequestKind::read_modify, kOther);
    request_all(plan, begin + 300, RequestKind::read, kThird);
    request_all(plan, begin + 500, RequestKind::remove, kThird);
    request_all(plan, begin + 1300 + dice.in(0, 100), RequestKind::create_only, kVictim);
  }
  return plan;
}

// The victim misses writes of which hints are kept for a moment only. It comes back, is asked at once, is cut off again
// before it has caught up, must sign all the same, and is started anew.
Plan away_for_longer_than_hints_are_kept(std::uint64_t seed) {
  Plan plan = calm(seed, 12);
  plan.configuration.max_clock_skew = milliseconds(200);
  KeyspaceRules& rules = plan.configuration.keyspaces.front().rules;
  rules.sloppy = true;
  rules.hint_window = milliseconds(500);
  request_all(plan, 100, RequestKind::read_modify, kOther);
  fault(plan, 500, FaultKind::kill, {.node = kVictim, .lasts = seconds(3)});
  request_all(plan, 600, RequestKind::read, kOther);
  request_all(plan, 800, RequestKind::write_back, kOther);
  for (int look : {3502, 3506, 3510}) request_all(plan, look, RequestKind::read, kVictim);
  for (std::uint8_t peer : {kOther, kThird}) cut(plan, 3520, 1300, kVictim, peer);
  request_all(plan, 3530, RequestKind::blind, kVictim);
  request_all(plan, 4050, RequestKind::blind, kVictim);
  fault(plan, 4700, FaultKind::clean_restart, {.node = kVictim, .lasts = milliseconds(20)});
  return plan;
}

// Two replicas, and a third node that stands in for the one that is down.
Plan stood_in_for(std::uint64_t seed, std::size_t keys) {
  Plan plan = calm(seed, keys);
  plan.configuration.clients = keys;
  KeyspaceRules& rules = plan.configuration.keyspaces.front().rules;
  rules.n = rules.w = 2;
  rules.r = 1;
  rules.sloppy = true;
  fault(plan, 100, FaultKind::kill, {.node = kOther, .lasts = milliseconds(3500)});
  request_all(plan, 300, RequestKind::read_modify, kThird);
  return plan;
}

// It stays down for longer than hints are kept for it: what rests on them goes to the other replica.
Plan hints_for_one_that_stays_away(std::uint64_t seed) {
  Plan plan = stood_in_for(seed, 24);
  plan.configuration.keyspaces.front().rules.hint_window = seconds(1);
  return plan;
}

Plan more_hints_than_fit(std::uint64_t seed) {
  Plan plan = stood_in_for(seed, 100);
  plan.configuration.keyspaces.front().rules.hint_bytes = 1000;
  return plan;
}

// The victim misses a hundred writes, and all of them are read at the same moment.
Plan more_repairs_than_at_once(std::uint64_t seed) {
  Plan plan = calm(seed, 100);
  plan.configuration.clients = 100;
  plan.configuration.keyspaces.front().rules.r = 3;
  for (std::uint8_t peer : {kOther, kThird}) cut(plan, 1000, 900, kVictim, peer);
  request_all(plan, 1100, RequestKind::create_only, kOther);
  request_all(plan, 2000, RequestKind::read, kOther);
  return plan;
}

// Each key has two replicas; the third node forwards to the first of them, which has no room at times, and then to the
// other.
Plan forwarded_past_a_full_disk(std::uint64_t seed) {
  Plan plan = calm(seed, 12);
  plan.configuration.reserve = kReserve;
  KeyspaceRules& rules = plan.configuration.keyspaces.front().rules;
  rules.n = rules.r = 2;
  rules.w = 1;
  for (std::uint8_t node : {kOther, kThird}) request_all(plan, 100 + 200 * node, RequestKind::read_modify, node);
  fault(plan, 600, FaultKind::full_disk, {.node = kVictim, .lasts = seconds(3), .amount = 32 << 10});
  for (std::uint8_t node : {kOther, kThird}) request_all(plan, 2000 + 200 * node, RequestKind::read_modify, node);
  return plan;
}

// Three copies of keys that nobody reads or writes again are silently gone from the victim's disk.
Plan copies_vanish(std::uint64_t seed) {
  Dice dice(seed);
  Plan plan = calm(seed, 12);
  plan.configuration.memtable = false;  // which has everything in memory
  plan.configuration.scrub_period = seconds(1);
  request_all(plan, 100, RequestKind::create_only, kOther);
  for (int at : {1000, 1020, 3000})
    fault(plan, at, FaultKind::vanished_copy, {.node = kVictim, .amount = dice.in(0, 1000)});
  return plan;
}

// The log of a process that runs is damaged, where it would be read after the process has died.
Plan log_rots_before_a_kill(std::uint64_t seed) {
  Dice dice(seed);
  Plan plan = calm(seed, 12);
  plan.configuration.scrub_period = milliseconds(500);
  request_all(plan, 100, RequestKind::create_only, kOther);
  fault(plan, 1000, FaultKind::rotten_byte, {.node = kVictim, .amount = static_cast<std::int64_t>(dice.bits() >> 1)});
  fault(plan, 3000, FaultKind::kill, {.node = kVictim, .lasts = milliseconds(50)});
  request_all(plan, 4000, RequestKind::read, kVictim);
  return plan;
}

struct Directed {
  const char* name;
  Plan (*make)(std::uint64_t seed);
};
constexpr Directed kPlans[] = {
    {"copy_put_back", copy_put_back},
    {"copy_put_back_and_started_twice", copy_put_back_and_started_twice},
    {"copy_put_back_among_strangers", copy_put_back_among_strangers},
    {"read_from_a_new_disk", read_from_a_new_disk},
    {"new_disk_asked_at_once", new_disk_asked_at_once},
    {"read_from_two_new_disks", read_from_two_new_disks},
    {"two_disks_lost", two_disks_lost},
    {"limit_of_a_clock_set_back", limit_of_a_clock_set_back},
    {"stopped_after_a_full_disk", stopped_after_a_full_disk},
    {"written_while_hints_travel", written_while_hints_travel},
    {"removed_behind_a_nodes_back", removed_behind_a_nodes_back},
    {"copy_put_back_after_collections", copy_put_back_after_collections},
    {"hints_put_back_after_collections", hints_put_back_after_collections},
    {"repair_overtaken_by_a_collection", repair_overtaken_by_a_collection},
    {"new_disk_before_an_old_repair", new_disk_before_an_old_repair},
    {"made_anew_while_collected", made_anew_while_collected},
    {"away_for_longer_than_hints_are_kept", away_for_longer_than_hints_are_kept},
    {"hints_for_one_that_stays_away", hints_for_one_that_stays_away},
    {"more_hints_than_fit", more_hints_than_fit},
    {"more_repairs_than_at_once", more_repairs_than_at_once},
    {"forwarded_past_a_full_disk", forwarded_past_a_full_disk},
    {"copies_vanish", copies_vanish},
    {"log_rots_before_a_kill", log_rots_before_a_kill},
};

}  // namespace

std::vector<std::string> directed_plans() {
  std::vector<std::string> names;
  std::transform(std::begin(kPlans), std::end(kPlans), std::back_inserter(names),
                 [](const Directed& plan) { return plan.name; });
  return names;
}

Plan make_directed_plan(const std::string& name, std::uint64_t seed) {
  const auto* const found =
      std::find_if(std::begin(kPlans), std::end(kPlans), [&](const Directed& plan) { return plan.name == name; });
  STATOR_INVARIANT(found != std::end(kPlans), "a directed plan is one of those that are");
  Plan plan = found->make(seed);
  put_in_order(plan);
  return plan;
}

}  // namespace stator::simulation
