#include "tests/simulation/histories/bounds.h"

#include <algorithm>

#include "kernel/replica/rows.h"
#include "kernel/replica/storage_keys.h"

namespace stator::simulation {
namespace {

// Rounds that wait for nodes which are down may be many, and what is old is forgotten between two searches.
constexpr std::chrono::seconds kLongestSearch{60};
// A hint is weighed before it is signed, and noted with the context that it was signed with.
constexpr std::uint64_t kOneRecord = 2048;

}  // namespace

void Bounds::at_most(const std::string& who, const char* what, std::size_t count, std::size_t most) {
  if (count > most)
    parts_.chronicle.violated(who + " has " + std::to_string(count) + " " + what + ", and at most " +
                              std::to_string(most) + " are allowed");
}

void Bounds::judge() {
  at_most("the simulation", "events to come", parts_.cluster.scheduler().waiting(), limits_.events);
  for (std::size_t node = 0; node < parts_.cluster.size(); ++node) {
    SimNode& machine = parts_.cluster[node];
    if (!machine.up()) continue;
    judge_queues(machine);
    judge_hints(node);
    judge_collections(machine);
    judge_copies(node);
  }
}

void Bounds::judge_queues(SimNode& machine) {
  const std::string& who = machine.id();
  const SimTransport& transport = machine.transport();
  std::size_t requests = transport.in_flight();
  for (const auto& shard : machine.node().shards()) {
    requests += shard->coordinator.in_flight();
    parts_.chronicle.met(Seen::waited_for_read, shard->replica.ahead().waiting());
    at_most(who, "copies on their way to disk", shard->replica.pending(), limits_.pending);
    at_most(who, "tasks waiting for a read", shard->replica.ahead().waiting(), limits_.reading);
    at_most(who, "repairs of reads under way", shard->coordinator.repairs_under_way(), limits_.repairs);
    at_most(who, "questions of anti-entropy under way", shard->anti_entropy->under_way(), limits_.questions);
  }
  at_most(who, "requests in flight", requests,
          limits_.requests + limits_.requests_a_client * parts_.configuration.clients);
  at_most(who, "bytes of requests in flight", transport.bytes_in_flight(), limits_.bytes_sent);
}

void Bounds::judge_hints(std::size_t node) {
  // What could not be removed from disk is queued again, full or not.
  if (parts_.injector.may_keep_hints(node)) return;
  SimNode& machine = parts_.cluster[node];
  for (const auto& shard : machine.node().shards()) {
    for (const auto& [target, hints] : shard->hints.targets()) {
      for (const auto& [name, bytes] : hints.queue.bytes_by_keyspace()) {
        const std::uint64_t cap = machine.node().keyspace(name)->rules.hint_bytes + kOneRecord;
        at_most(machine.id(), "bytes of hints for a node", bytes,
                std::max(cap, parts_.injector.hints_found(node, target, name)));
      }
    }
  }
}

// A key is remembered once, and no longer than a message may live that brings it back.
void Bounds::judge_collections(SimNode& machine) {
  const Node& node = machine.node();
  for (const auto& shard : node.shards()) {
    const CollectedKeys& collected = shard->replica.collected();
    at_most(machine.id(), "collected keys in mind", collected.size(), parts_.truths.places().size());
    const std::optional<Stamp> oldest = collected.oldest();
    if (!oldest) continue;
    const std::uint64_t now = machine.node().stamps().now().millis();
    const auto most = std::chrono::duration_cast<std::chrono::milliseconds>(
        node.life_of_messages() + parts_.configuration.collect_interval + kLongestSearch);
    at_most(machine.id(), "milliseconds of a collection in mind", now - std::min(now, oldest->millis()),
            static_cast<std::size_t>(most.count()));
  }
}

// Whether the node may hold a copy of the key, or one in the target's place.
bool Bounds::belongs(std::size_t node, const std::string& target, Bytes key) {
  const TruthTable::Place* place = parts_.truths.place_of(key);
  if (place == nullptr) return false;
  const std::vector<std::size_t> holders = parts_.cluster.holders(key, place->rules->name);
  const std::string& self = parts_.cluster[node].id();
  return std::any_of(holders.begin(), holders.end(), [&](std::size_t holder) {
    const std::string& id = parts_.cluster[holder].id();
    return target.empty() ? id == self : id == target && target != self;
  });
}

// No key has more copies than it has primaries, and those that stand in for each; and rows are where copies are.
void Bounds::judge_copies(std::size_t node) {
  std::string misplaced;
  const auto look = [&](BytesView name, BytesView /*copy*/) {
    std::string target;
    const std::optional<RowKey> row = parse_row_key(name);
    Bytes at = row ? data_key(row->partition, row->keyspace, row->key) : Bytes(name);
    if (at.front() == '\2') {
      const auto length = static_cast<std::uint8_t>(at[1]);
      target = at.substr(2, length);
      at = Bytes(1, '\1') + at.substr(2 + length);
    }
    const std::optional<DataKey> key = parse_data_key(at);
    if (key && belongs(node, target, Bytes(key->key))) return true;
    misplaced = key ? std::string(key->key) : "a name";
    return false;
  };
  Storage& storage = parts_.cluster[node].node().stores().front()->storage();
  Status scanned = storage.scan(data_prefix(0).substr(0, 1), "\3", look);
  if (scanned.is_ok() && misplaced.empty()) scanned = storage.scan(rows_begin(0, 0), {}, look);
  if (!scanned.is_ok() || !misplaced.empty())
    parts_.chronicle.violated(parts_.cluster[node].id() + " holds a copy that is not its own to keep: " + misplaced +
                              scanned.text());
}

}  // namespace stator::simulation
