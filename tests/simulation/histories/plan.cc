#include "tests/simulation/histories/plan.h"

#include <algorithm>

#include "tests/simulation/histories/directed_plans.h"
#include "tests/simulation/histories/fault_plan.h"

namespace stator::simulation {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

KeyspacePlan keyspace(const char* name, int n, int r, int w) {
  KeyspacePlan plan;
  plan.rules.name = name;
  plan.rules.n = n;
  plan.rules.r = r;
  plan.rules.w = w;
  return plan;
}

// Strict with overlapping quorums, sloppy with the usual ones, and one of other numbers. With lost disks a write needs
// one copy more to be safe.
std::vector<KeyspacePlan> keyspaces(Dice& dice, const Configuration& configuration) {
  const int most = static_cast<int>(std::min<std::size_t>(configuration.nodes, 5));
  const int least_w = static_cast<int>(configuration.disks_lost) + 1;
  std::vector<KeyspacePlan> all = {keyspace("default", 3, 2, 2), keyspace("loose", 3, dice.in(1, 2), 2),
                                   keyspace("odd", 3, dice.in(1, 3), dice.in(least_w, 3))};
  if (most > 3 && dice.one_in(2)) all[2] = keyspace("odd", most, dice.in(1, most), dice.in(least_w, most - 1));
  if (configuration.disks_lost == 0 && dice.one_in(4)) all[2] = keyspace("odd", dice.in(1, 2), 1, 1);
  all[0].rules.sloppy = false;
  all[2].rules.sloppy = dice.one_in(2);
  const milliseconds timeout(dice.pick({200, 300, 500, 1000}));
  for (KeyspacePlan& plan : all) {
    plan.rules.w = std::max(plan.rules.w, least_w);
    plan.rules.timeout = timeout;
    plan.keys = static_cast<std::size_t>(dice.in(2, 12));
    plan.blind_writes = dice.one_in(2);
  }
  return all;
}

// Graces are as short as the configuration's rules allow, or a little longer: messages then live for moments only.
// There is so much time between requests that keys stay removed, and so little trouble that all members agree at times.
void let_collect(Dice& dice, Configuration& made, bool faults) {
  made.max_clock_skew = milliseconds(dice.pick({200, 500, 1000}));
  made.collect_interval = milliseconds(dice.pick({300, 1000, 3000}));
  const int stretch = dice.pick({100, 120, 200});
  made.round *= 2;
  made.requests_a_second = static_cast<unsigned>(dice.pick({5, 10, 20, 50}));
  made.least_gap = seconds(1);
  if (faults) {
    made.network.straggler_permille = static_cast<unsigned>(dice.pick({5, 30, 60}));
    made.network.longest_straggle = seconds(dice.pick({1, 4, 10}));
  }
  for (KeyspacePlan& plan : made.keyspaces) {
    plan.keys = static_cast<std::size_t>(dice.in(4, 16));
    plan.rules.tombstone_grace = 2 * (made.max_clock_skew + plan.rules.timeout) * stretch / 100;
  }
}

void spoil_network(Dice& dice, NetworkFaults& network) {
  network.drop_permille = static_cast<unsigned>(dice.pick({0, 1, 10, 50}));
  network.duplicate_permille = static_cast<unsigned>(dice.pick({0, 10, 100}));
  network.longest_delay = microseconds(dice.pick({500, 5000, 30'000}));
  network.straggler_permille = static_cast<unsigned>(dice.pick({0, 5, 30}));
  network.longest_straggle = milliseconds(dice.pick({50, 400, 3000}));
}

Configuration configuration(Dice& dice, const PlanOptions& options) {
  Configuration made;
  made.nodes = static_cast<std::size_t>(dice.pick({3, 3, 3, 4, 5, 5, 6, 7}));
  if (options.nodes > 0) made.nodes = options.nodes;
  made.clients = static_cast<std::size_t>(dice.in(4, 16));
  made.memtable = options.memtable;
  made.longest_sync = microseconds(dice.pick({500, 3000, 20'000}));
  made.longest_notice = microseconds(dice.pick({0, 300, 3000}));
  made.disks_lost = options.faults && dice.one_in(2) ? 1 : 0;
  if (options.two_disks) made.disks_lost = 2;
  made.repair_interval = milliseconds(dice.pick({500, 2000, 5000}));
  if (made.disks_lost > 0 && dice.one_in(2)) made.max_clock_skew = seconds(1);
  made.rounds = static_cast<std::size_t>(dice.in(1, 3));
  made.round = seconds(dice.in(5, 25));
  if (options.round.count() > 0) made.round = options.round;
  if (options.repair_interval.count() > 0) made.repair_interval = options.repair_interval;
  made.collects = options.collects || (options.faults && dice.one_in(2));
  made.keyspaces = keyspaces(dice, made);
  made.requests_a_second = static_cast<unsigned>(dice.pick({10, 30, 50, 100}));
  if (options.requests_a_second > 0) made.requests_a_second = options.requests_a_second;
  if (options.faults && !dice.one_in(6)) spoil_network(dice, made.network);
  if (made.collects) let_collect(dice, made, options.faults);
  return made;
}

// Thrown by dice of its own, so that the rest of a seed's history is what it was without.
void vary_nodes(Dice dice, Configuration& made, const PlanOptions& options) {
  const bool blocks = dice.one_in(6);
  made.reads_may_block = options.blocking || (options.faults && blocks);
  if (!options.faults) return;
  if (dice.one_in(4)) made.begin_after = milliseconds(dice.pick({5, 60, 400}));
  for (KeyspacePlan& plan : made.keyspaces) {
    if (dice.one_in(4)) plan.rules.hint_bytes = static_cast<std::uint64_t>(dice.pick({700, 2000, 5000}));
    // What is brought from a fallback to a primary that has it already is on one disk less.
    if (dice.one_in(3) && made.disks_lost == 0) plan.rules.hint_window = milliseconds(dice.pick({1500, 2500, 4000}));
  }
  if (dice.one_in(8)) made.reserve = kReserve;
  if (dice.one_in(3)) made.scrub_period = seconds(dice.pick({1, 3, 8}));
}

RequestKind any_kind(Dice& dice, bool blind, bool collects) {
  const int roll = dice.in(0, 99);
  if (roll < 28) return RequestKind::read;
  if (roll < 56) return RequestKind::read_modify;
  if (roll < 72) return collects ? RequestKind::remove : RequestKind::write_back;
  if (roll < 76) return RequestKind::if_match;
  if (roll < 86) return RequestKind::remove;
  if (roll < 91) return RequestKind::create_only;
  if (roll < 93) return RequestKind::forged;
  if (!blind) return RequestKind::read_modify;
  return roll < 98 ? RequestKind::blind : RequestKind::blind_remove;
}

void add_requests(Dice& dice, Plan& plan, std::uint8_t round) {
  const Configuration& configuration = plan.configuration;
  const auto gap = static_cast<int>(2'000'000 / configuration.requests_a_second);
  for (Duration at{0}; at < configuration.round; at += microseconds(dice.in(0, gap))) {
    RequestStep step{.at = at, .round = round};
    step.client = static_cast<std::uint8_t>(dice.below(configuration.clients));
    step.keyspace = static_cast<std::uint8_t>(dice.below(configuration.keyspaces.size()));
    const KeyspacePlan& keyspace = configuration.keyspaces[step.keyspace];
    step.key = static_cast<std::uint16_t>(dice.below(keyspace.keys));
    // Every other key is left to those who read before they write, so that what they are promised is seen.
    step.kind = any_kind(dice, keyspace.blind_writes && step.key % 2 == 1, configuration.collects);
    step.node = static_cast<std::uint8_t>(dice.below(configuration.nodes));
    step.retries = static_cast<std::uint8_t>(dice.one_in(2) ? 2 : 0);
    if (dice.one_in(8)) step.ttl_ms = static_cast<std::uint32_t>(dice.pick({100, 400, 1500, 3'600'000}));
    plan.requests.push_back(step);
  }
}

OperationKind any_operation(Dice& dice) {
  const int roll = dice.in(0, 99);
  if (roll < 30) return OperationKind::read;
  if (roll < 65) return OperationKind::update;
  if (roll < 92) return OperationKind::blind;
  return roll < 97 ? OperationKind::remove : OperationKind::blind_remove;
}

void add_operations(Dice& dice, Plan& plan, std::uint8_t round) {
  const Configuration& configuration = plan.configuration;
  const int gap = dice.pick({150, 400, 1000});
  for (Duration at{0}; at < configuration.round; at += milliseconds(dice.in(0, gap))) {
    OperationStep step{.at = at, .kind = any_operation(dice), .round = round};
    step.client = static_cast<std::uint8_t>(dice.below(configuration.clients));
    step.keyspace = static_cast<std::uint8_t>(dice.below(configuration.datatypes.size()));
    step.key = static_cast<std::uint16_t>(dice.below(configuration.datatypes[step.keyspace].keys));
    step.node = static_cast<std::uint8_t>(dice.below(configuration.nodes));
    step.retries = static_cast<std::uint8_t>(dice.one_in(3) ? 2 : 0);
    step.bits = dice.bits();
    plan.operations.push_back(step);
  }
}

// Thrown by dice of its own too. Their rules are those of the other keyspaces, but that a write is on two disks.
void add_datatypes(Dice dice, Plan& plan, const PlanOptions& options) {
  const bool wanted = dice.one_in(4);
  const bool tried = !options.datatype.empty();
  if (!tried && !options.datatypes && !(options.faults && wanted)) return;
  Configuration& configuration = plan.configuration;
  std::vector<std::string> datatypes = {"add_wins_set", "pn_counter", "lww_map", "or_map"};
  if (tried) datatypes = {options.datatype};
  for (const std::string& datatype : datatypes) {
    DataTypePlan made{keyspace(datatype.c_str(), 3, 2, 2).rules, datatype, static_cast<std::size_t>(dice.in(1, 3))};
    made.rules.sloppy = dice.one_in(2);
    made.rules.timeout = configuration.keyspaces.front().rules.timeout;
    made.rules.tombstone_grace = configuration.keyspaces.front().rules.tombstone_grace;
    configuration.datatypes.push_back(std::move(made));
  }
  for (std::size_t round = 0; round < configuration.rounds; ++round)
    add_operations(dice, plan, static_cast<std::uint8_t>(round));
}

}  // namespace

Plan make_plan(std::uint64_t seed, const PlanOptions& options) {
  if (!options.directed.empty()) return make_directed_plan(options.directed, seed);
  Dice dice(seed);
  Plan plan{
      .seed = seed, .configuration = configuration(dice, options), .faults = {}, .requests = {}, .operations = {}};
  vary_nodes(Dice(~seed), plan.configuration, options);
  FaultPlanner planner(dice, plan.configuration);
  for (std::size_t round = 0; round < plan.configuration.rounds; ++round) {
    if (options.faults) planner.add_round(plan.faults, static_cast<std::uint8_t>(round));
    add_requests(dice, plan, static_cast<std::uint8_t>(round));
  }
  add_datatypes(Dice(seed ^ 0xda7a), plan, options);
  return plan;
}

}  // namespace stator::simulation
