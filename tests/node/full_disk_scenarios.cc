#include "tests/node/full_disk_scenarios.h"

#include <algorithm>
#include <utility>

#include "tests/coordinator/requests.h"

namespace stator::simulation {
namespace {

using std::chrono::seconds;

constexpr std::uint64_t kAmple = 1 << 20;
constexpr std::uint64_t kSoft = 32 << 10;
constexpr std::uint64_t kHard = 8 << 10;

/// A cluster whose nodes look how full their disks are. All have room.
struct Disks {
  explicit Disks(const MakeDisk& make_disk, std::size_t nodes = 3) : cluster(options_of(make_disk, nodes)) {
    for (std::size_t node = 0; node < nodes; ++node) cluster[node].disk().leave_free(kAmple);
  }
  static ClusterOptions options_of(const MakeDisk& make_disk, std::size_t nodes) {
    ClusterOptions options{.nodes = nodes};
    options.make_disk = make_disk;
    options.setup.reserve = Reserve{64 << 10, 16 << 10};
    options.setup.anti_entropy.interval = seconds(2);
    return options;
  }

  Room room(std::size_t node) { return cluster[node].node().stores().front()->room().room(); }
  /// Whether the node finds out by itself.
  bool becomes(std::size_t node, std::uint64_t free_bytes, Room room) {
    cluster[node].disk().leave_free(free_bytes);
    return cluster.scheduler().run_until([&] { return this->room(node) == room; }, seconds(3));
  }
  /// What became of a write: ok, or why not.
  Code write(std::size_t node, PutRequest request) {
    const Outcome<PutResult> outcome = cluster.put(node, std::move(request));
    return outcome.is_ok() ? Code::ok : outcome.failure().status.code();
  }
  bool reads(std::size_t node, const Bytes& key, const Bytes& value) {
    Outcome<GetResult> outcome = cluster.get(node, get_of(key));
    return outcome.is_ok() && values(*outcome) == std::vector<std::string>{value};
  }
  bool holds_value(std::size_t node, const Bytes& key) {
    const std::optional<Record> record = cluster.copy(node, key);
    return record && record->live();
  }

  Cluster cluster;
};

}  // namespace

Violation a_full_replica_takes_removals_alone(const MakeDisk& make_disk) {
  Disks on(make_disk);
  for (const char* key : {"kept", "removed", "removed-too"}) {
    if (on.write(0, with_quorum(put_of(key, "v"), 3)) != Code::ok) return "a healthy cluster refuses a write";
  }
  if (!on.becomes(2, kSoft, Room::soft_full)) return "a node does not notice that its disk is full";
  const Outcome<PutResult> all = on.cluster.put(0, with_quorum(put_of("needs-all", "v"), 3));
  if (all.is_ok()) return "a full replica takes a value";
  if (all.failure().status.code() != Code::storage_full || all.failure().required != 3)
    return "what lacks is not said: " + all.failure().status.text();
  for (std::size_t node = 0; node < 3; ++node) {
    if (on.write(node, put_of("through-" + std::to_string(node), "v")) != Code::ok) return "two with room do not do";
    if (!on.reads(node, "kept", "v")) return "reads do not go on";
  }
  if (on.write(0, with_quorum(removal_of("removed"), 3)) != Code::ok) return "a full replica takes no removal";
  if (on.write(2, with_quorum(removal_of("removed-too"), 3)) != Code::ok) return "a full node coordinates no removal";
  // Long enough for hints, and for many rounds of anti-entropy.
  on.cluster.scheduler().run_for(seconds(60));
  for (const char* key : {"needs-all", "through-0", "through-1", "through-2"}) {
    if (on.holds_value(2, key)) return "a value came in by the back door";
  }
  if (on.holds_value(2, "removed") || on.holds_value(2, "removed-too")) return "a removal did not arrive";

  if (!on.becomes(2, kAmple, Room::ample)) return "a node does not notice that it has room again";
  const bool given = on.cluster.scheduler().run_until(
      [&] { return on.holds_value(2, "needs-all") && on.holds_value(2, "through-2"); }, seconds(60));
  if (!given) return "what was missed does not arrive";
  return on.write(2, with_quorum(put_of("later", "v"), 3)) == Code::ok ? Violation() : "it does not recover";
}

Violation a_quorum_that_has_no_room_is_told_so(const MakeDisk& make_disk) {
  Disks on(make_disk);
  if (on.write(0, with_quorum(put_of("kept", "v"), 3)) != Code::ok) return "a healthy cluster refuses a write";
  if (on.write(0, with_quorum(put_of("removed", "v"), 3)) != Code::ok) return "a healthy cluster refuses a write";
  for (std::size_t node : {1, 2}) {
    if (!on.becomes(node, kSoft, Room::soft_full)) return "a node does not notice that its disk is full";
  }
  for (std::size_t node = 0; node < 3; ++node) {
    const Code code = on.write(node, put_of("new", "v"));
    if (code != Code::storage_full) return std::string("a write that has no room ends as ") + code_name(code);
    if (!on.reads(node, "kept", "v")) return "reads do not go on";
    if (on.write(node, removal_of("removed")) != Code::ok) return "removals do not go on";
    if (on.write(node, with_quorum(put_of("one", "v"), 1)) != Code::ok) return "one with room is not found";
  }
  for (std::size_t node : {1, 2}) {
    if (!on.becomes(node, kAmple, Room::ample)) return "a node does not notice that it has room again";
  }
  return on.write(1, with_quorum(put_of("new", "v"), 3)) == Code::ok ? Violation() : "they do not recover";
}

Violation at_the_hard_limit_nothing_is_taken(const MakeDisk& make_disk) {
  Disks on(make_disk);
  if (on.write(0, with_quorum(put_of("kept", "v"), 3)) != Code::ok) return "a healthy cluster refuses a write";
  for (std::size_t node = 0; node < 3; ++node) {
    if (!on.becomes(node, kHard, Room::hard_full)) return "a node does not notice that its disk is full";
  }
  for (std::size_t node = 0; node < 3; ++node) {
    if (on.write(node, put_of("new", "v")) != Code::storage_full) return "a value is taken";
    if (on.write(node, removal_of("kept")) != Code::storage_full) return "a removal is taken";
    if (!on.reads(node, "kept", "v")) return "reads do not go on";
  }
  on.cluster.scheduler().run_for(seconds(30));
  for (std::size_t node = 0; node < 3; ++node) {
    if (!on.becomes(node, kSoft, Room::soft_full)) return "a node does not notice that it has a little room again";
  }
  if (on.write(0, put_of("new", "v")) != Code::storage_full) return "a value is taken";
  if (on.write(0, with_quorum(removal_of("kept"), 3)) != Code::ok) return "no removal is taken";
  for (std::size_t node = 0; node < 3; ++node) {
    if (!on.becomes(node, kAmple, Room::ample)) return "a node does not notice that it has room again";
  }
  return on.write(0, with_quorum(put_of("new", "v"), 3)) == Code::ok ? Violation() : "they do not recover";
}

Violation fallbacks_stand_in_for_full_primaries(const MakeDisk& make_disk) {
  Disks on(make_disk, 5);
  const std::vector<std::size_t> primaries = on.cluster.holders("k");
  for (std::size_t node : primaries) {
    if (!on.becomes(node, kSoft, Room::soft_full)) return "a node does not notice that its disk is full";
  }
  for (std::size_t node = 0; node < 5; ++node) {
    const Code code = on.write(node, put_of("k", "through-" + std::to_string(node)));
    if (code != Code::ok) return "through node " + std::to_string(node) + ": " + code_name(code);
  }
  for (std::size_t node : primaries) {
    if (!on.becomes(node, kAmple, Room::ample)) return "a node does not notice that it has room again";
  }
  const bool given = on.cluster.scheduler().run_until(
      [&] {
        return std::all_of(primaries.begin(), primaries.end(),
                           [&](std::size_t node) { return on.holds_value(node, "k"); });
      },
      seconds(60));
  return given ? Violation() : "the primaries are not given what was kept for them";
}

}  // namespace stator::simulation
