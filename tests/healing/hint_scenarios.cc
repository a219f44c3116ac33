#include "tests/healing/hint_scenarios.h"

#include "tests/healing/hint_cluster.h"

namespace stator::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Values = std::vector<std::string>;

ClusterOptions w_of(int w) {
  ClusterOptions options{.nodes = 5};
  options.rules.w = w;
  return options;
}

Violation unless(bool holds, const char* what) { return holds ? Violation() : Violation(what); }

}  // namespace

Violation fallbacks_stand_in() {
  HintCluster on(w_of(3));
  on.cluster.cut_power(on.primaries[1]);
  on.cluster.cut_power(on.primaries[2]);
  if (!on.write(on.primaries[0], put_of("k", "v"))) return "fallbacks do not stand in";
  settle(on.cluster);
  for (std::size_t fallback : on.fallbacks) {
    const auto pending = on.hints(fallback, on.primaries[1]).pending + on.hints(fallback, on.primaries[2]).pending;
    if (pending != 1) return "a fallback does not hold one hint";
    if (on.cluster.copy(fallback, "k")) return "a fallback holds a copy as if it were a primary";
  }
  return unless(on.pending() == 2, "somebody else holds a hint too");
}

Violation one_fallback_is_no_quorum() {
  HintCluster on(w_of(3));
  on.cluster.cut_power(on.primaries[1]);
  on.cluster.cut_power(on.primaries[2]);
  on.cluster.cut_power(on.fallbacks[1]);
  return unless(!on.write(on.primaries[0], put_of("k", "v")), "two nodes made a quorum of three");
}

Violation a_hint_counts_after_its_sync() {
  HintCluster on(w_of(2));
  on.cluster.cut_power(on.primaries[1]);
  on.cluster.cut_power(on.primaries[2]);
  for (std::size_t fallback : on.fallbacks) on.cluster[fallback].disk().break_sync();
  return unless(!on.write(on.primaries[0], put_of("k", "v")), "a hint counted that is on no disk");
}

Violation the_owner_is_given_what_it_missed() {
  HintCluster on(w_of(2));
  if (!on.write(on.primaries[0], put_of("k", "v"))) return "a healthy cluster refuses a write";
  settle(on.cluster);
  const std::string token = must_get(on.cluster, on.primaries[0], get_of("k")).context;
  on.cluster.cut_power(on.primaries[2]);
  for (const char* value : {"w", "x"}) {
    if (!on.write(on.primaries[0], with_context(put_of("k", value), token))) return "fallbacks do not stand in";
  }
  on.cluster.scheduler().run_for(seconds(20));
  if (on.pending() == 0) return "hints have gone while their target is down";
  if (!on.cluster.start(on.primaries[2]).is_ok()) return "a node does not start";
  if (!on.drains()) return "hints are not delivered";
  return unless(on.values_at(on.primaries[2]) == Values{"w", "x"}, "the owner was not given all it missed");
}

Violation hints_outlive_their_holders_restart() {
  for (const bool clean : {false, true}) {
    HintCluster on(w_of(2));
    on.cluster.cut_power(on.primaries[1]);
    on.cluster.cut_power(on.primaries[2]);
    if (!on.write(on.primaries[0], put_of("k", "v"))) return "fallbacks do not stand in";
    settle(on.cluster);
    for (std::size_t node : {on.primaries[0], on.fallbacks[0], on.fallbacks[1]}) {
      if (!clean) on.cluster.cut_power(node);
      if (clean && !on.cluster.stop(node).is_ok()) return "a stop with hints is not a clean one";
    }
    for (std::size_t node = 0; node < on.cluster.size(); ++node) {
      if (node != on.primaries[0] && !on.cluster.start(node).is_ok()) return "a node does not start";
    }
    on.cluster.scheduler().run_for(seconds(20));
    for (std::size_t node : {on.primaries[1], on.primaries[2]}) {
      if (on.values_at(node) != Values{"v"}) return "a hint was forgotten";
    }
    if (on.pending() != 0) return "hints are not delivered";
  }
  return {};
}

Violation a_newer_write_is_not_lost() {
  HintCluster on(w_of(3));
  const std::size_t owner = on.primaries[2];
  // The coordinator cannot reach the owner; the fallback can, slowly.
  on.cluster.network().cut(on.id(on.primaries[0]), on.id(owner));
  on.cluster.network().slow_down(on.id(owner), milliseconds(400));
  for (int i = 0; i < 40; ++i) {
    if (!on.write(on.primaries[0], put_of("k", std::to_string(i)))) return "fallbacks do not stand in";
    on.cluster.scheduler().run_for(milliseconds(50));
  }
  if (!on.cluster.scheduler().run_until([&] { return on.hints(on.fallbacks[0], owner).pending == 0; }, seconds(60)))
    return "hints are not delivered";
  return unless(on.values_at(owner) == Values{"39"}, "a write that came while its hint was on its way is lost");
}

Violation no_dot_is_minted_twice_after_a_handoff() {
  HintCluster on(w_of(2));
  const std::string nothing_seen = must_get(on.cluster, on.primaries[0], get_of("k")).context;
  const std::size_t stranger = on.fallbacks[0];
  for (const char* value : {"v", "w"}) {
    for (std::size_t node : on.primaries) on.cluster.cut_power(node);
    // What is down is found out by trying.
    bool written = false;
    for (int i = 0; i < 10 && !written; ++i) {
      PutRequest request = with_context(put_of("k", value), nothing_seen);
      request.op_id = OpId{static_cast<std::uint8_t>(value[0])};
      written = on.write(stranger, std::move(request));
    }
    if (!written) return "no fallback coordinates when all primaries are down";
    settle(on.cluster);
    for (std::size_t node : on.primaries) {
      if (!on.cluster.start(node).is_ok()) return "a node does not start";
    }
    if (!on.drains()) return "hints are not delivered";
  }
  for (std::size_t node : on.primaries) {
    if (on.values_at(node) != Values{"v", "w"}) return "two writes that had seen nothing are not two siblings";
  }
  return {};
}

}  // namespace stator::simulation
