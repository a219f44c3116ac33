#include "tests/coordinator/random_history.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "kernel/causality/record_codec.h"
#include "kernel/coordinator/peer_messages.h"

namespace stator::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr NetworkFaults kUnreliable{.drop_permille = 30, .duplicate_permille = 50, .longest_delay = milliseconds(20)};

ClusterOptions cluster_options(const HistoryOptions& options) {
  ClusterOptions cluster{.seed = options.seed, .nodes = options.nodes};
  cluster.rules.timeout = milliseconds(300);
  cluster.rules.sloppy = options.sloppy;
  cluster.setup = options.setup;
  if (options.collects) {
    cluster.rules.tombstone_grace = seconds(2);
    cluster.setup.max_clock_skew = milliseconds(500);
    cluster.setup.collect_interval = milliseconds(300);
    cluster.setup.anti_entropy.interval = seconds(1);
  }
  cluster.make_disk = options.make_disk;
  cluster.trace = true;
  return cluster;
}

}  // namespace

RandomHistory::RandomHistory(HistoryOptions options)
    : options_(std::move(options)),
      cluster_(cluster_options(options_)),
      clients_(options_.clients),
      faults_left_(options_.faults) {
  cluster_.network().set_faults(kUnreliable);
  cluster_.network().set_tamper([this](const std::string& from, const std::string& to, Frame request) {
    watch(request);
    return options_.tamper ? options_.tamper(from, to, std::move(request)) : request;
  });
  for (std::size_t i = 0; i < options_.keys; ++i) oracles_.emplace(key(i), model::Oracle(1));
}

std::optional<std::string> RandomHistory::run() {
  for (std::size_t client = 0; client < clients_.size(); ++client) {
    clients_[client].left = options_.requests;
    next_request(client);
  }
  next_fault();
  const auto done = [this] {
    return faults_left_ == 0 &&
           std::all_of(clients_.begin(), clients_.end(), [](const Client& client) { return client.left == 0; });
  };
  if (!cluster_.scheduler().run_until(done, seconds(600))) return "a request was never answered";
  heal();
  for (const auto& [key, oracle] : oracles_) judge(key);
  for (const auto& [key, oracle] : oracles_) {
    if (oracle.violation()) return key + ": " + *oracle.violation();
  }
  return std::nullopt;
}

std::size_t RandomHistory::collected() {
  std::size_t count = 0;
  for (std::size_t node = 0; node < cluster_.size(); ++node)
    count += cluster_[node].up() ? cluster_[node].node().collection_counters().collected.load() : 0;
  return count;
}

// Every write of a key is shipped by the node that signed it: no dot may name two.
void RandomHistory::watch(const Frame& request) {
  Result<PeerRequestMessage> message = decode_peer_request(*request, TimePoint());
  const auto* put = message.is_ok() ? std::get_if<ReplicatePut>(&message->body) : nullptr;
  if (put == nullptr) return;
  const Result<Record> record = decode_record(put->record);
  if (!record.is_ok()) return oracles_.at(put->key).violated("a record that cannot be read was shipped");
  for (const Version& version : record->versions) {
    auto [at, fresh] = signed_.emplace(std::pair(put->key, version.dot), *version.op_id);
    if (!fresh && at->second != *version.op_id) oracles_.at(put->key).violated("a dot was minted twice");
  }
}

// --- Clients: they read, and write back what they have seen, at whatever node; some write on from a put's own answer.
// ---

void RandomHistory::next_request(std::size_t client) {
  cluster_.scheduler().after(cluster_.scheduler().between(milliseconds(0), milliseconds(options_.collects ? 500 : 30)),
                             [this, client] {
                               Client& mine = clients_[client];
                               if (mine.left == 0) return;
                               const bool knows_something = !mine.token.empty();
                               if (knows_something && pick(100) < 60) return write(client);
                               mine.key = key(pick(options_.keys));
                               read(client);
                             });
}

void RandomHistory::read(std::size_t client) {
  const std::size_t node = pick(cluster_.size());
  cluster_.get(node, get_of(clients_[client].key),
               [this, client](Outcome<GetResult> outcome) { finished_read(client, std::move(outcome)); });
}

void RandomHistory::finished_read(std::size_t client, Outcome<GetResult> outcome) {
  Client& mine = clients_[client];
  mine.token.clear();
  if (outcome.is_ok()) {
    mine.observed = oracles_.at(mine.key).seen_in(outcome->siblings);
    // Who has seen that there is nothing says so, instead of writing blindly.
    mine.token = outcome->context.empty() ? ContextTokens(options_.setup.secret).issue({}, "default", mine.key)
                                          : outcome->context;
  }
  --mine.left;
  next_request(client);
}

void RandomHistory::write(std::size_t client) {
  Client& mine = clients_[client];
  const bool remove = pick(5) < (options_.collects ? 2 : 1);
  model::Oracle& oracle = oracles_.at(mine.key);
  const model::WriteId id = remove ? oracle.begin_removal(mine.observed) : oracle.begin_write(mine.observed);
  PutRequest request = remove ? removal_of(mine.key) : put_of(mine.key, "value " + std::to_string(id));
  request.context = mine.token;
  request.op_id = model::op_of(id);
  const std::size_t node = pick(cluster_.size());
  cluster_.trace("client " + std::to_string(client) + " writes " + std::to_string(id) + " at " + cluster_[node].id());
  cluster_.put(node, std::move(request),
               [this, client, id](Outcome<PutResult> outcome) { finished_write(client, id, std::move(outcome)); });
}

void RandomHistory::finished_write(std::size_t client, model::WriteId id, Outcome<PutResult> outcome) {
  Client& mine = clients_[client];
  cluster_.trace("client " + std::to_string(client) + (outcome.is_ok() ? " wrote " : " failed to write ") +
                 std::to_string(id));
  mine.token.clear();
  if (outcome.is_ok()) {
    ++acknowledged_;
    oracles_.at(mine.key).acknowledge(id, 0);
    if (pick(2) == 0) {
      const ContextTokens tokens(options_.setup.secret);
      mine.token =
          options_.put_answers_cover_everything ? tokens.issue(outcome->clock, "default", mine.key) : outcome->context;
      mine.observed.perhaps.insert(id);
    }
  }
  --mine.left;
  next_request(client);
}

// --- Faults ---

void RandomHistory::next_fault() {
  if (faults_left_ == 0) return;
  cluster_.scheduler().after(
      cluster_.scheduler().between(milliseconds(5), milliseconds(options_.collects ? 1500 : 150)), [this] {
        --faults_left_;
        one_fault(pick(cluster_.size()));
        next_fault();
      });
}

void RandomHistory::one_fault(std::size_t node) {
  SimNode& victim = cluster_[node];
  if (options_.collects && pick(2) == 0) return fault_of_time(victim);
  switch (pick(8)) {
    case 0: return cut_everybodys_power();
    case 1: return cluster_.network().cut(victim.id(), cluster_[pick(cluster_.size())].id());
    case 2: return cluster_.network().heal();
    case 3: return cluster_.network().isolate(victim.id(), cluster_.ids());
    case 4: return isolate_primaries();
    default: break;
  }
  if (!victim.up()) return;
  switch (pick(3)) {
    case 0: cluster_.cut_power(node); return restart_later(node);
    case 1: static_cast<void>(cluster_.stop(node).is_ok()); return restart_later(node);
    default:
      victim.executor().pause();
      cluster_.scheduler().after(options_.collects ? milliseconds(pick(4'000)) : milliseconds(200), [this, node] {
        if (cluster_[node].up()) cluster_[node].executor().resume();
      });
  }
}

// So that writes of the key are taken, and signed, by fallbacks, if there are any.
void RandomHistory::isolate_primaries() {
  const std::size_t any = pick(options_.keys);
  for (std::size_t node = 0; node < cluster_.size(); ++node) {
    if (!cluster_[node].up()) continue;
    for (std::size_t primary : cluster_.holders(key(any)))
      cluster_.network().isolate(cluster_[primary].id(), cluster_.ids());
    return;
  }
}

// What is on its way takes up to three seconds, a clock is off by a little, or both are well again.
void RandomHistory::fault_of_time(SimNode& victim) {
  switch (pick(3)) {
    case 0: return cluster_.network().slow_down(victim.id(), milliseconds(pick(3'000)));
    case 1: return victim.set_wall_offset_ms(static_cast<std::int64_t>(pick(400)) - 200);
    default:
      for (const std::string& node : cluster_.ids()) cluster_.network().slow_down(node, Duration(0));
      victim.set_wall_offset_ms(0);
  }
}

void RandomHistory::restart_later(std::size_t node) {
  cluster_.scheduler().after(cluster_.scheduler().between(milliseconds(1), longest_outage()), [this, node] {
    if (!cluster_[node].up() && !cluster_.start(node).is_ok())
      oracles_.begin()->second.violated("a node does not start any more");
  });
}

void RandomHistory::cut_everybodys_power() {
  for (std::size_t node = 0; node < cluster_.size(); ++node) {
    if (!cluster_[node].up()) continue;
    cluster_.cut_power(node);
    restart_later(node);
  }
}

// --- The end ---

// Everything is up and reachable; all is read from all replicas until a round changes nothing.
void RandomHistory::heal() {
  cluster_.scheduler().run_for(std::max<Duration>(seconds(2), 2 * longest_outage()));
  cluster_.network().heal();
  cluster_.network().set_faults({});
  for (std::size_t node = 0; node < cluster_.size(); ++node) {
    cluster_.network().slow_down(cluster_[node].id(), Duration(0));
    cluster_[node].set_wall_offset_ms(0);
  }
  if (!cluster_.scheduler().run_until([this] { return hints() == 0; }, seconds(120)))
    oracles_.begin()->second.violated("hints are not delivered");
  for (std::size_t round = 0; round < 3; ++round) {
    cluster_.scheduler().run_for(seconds(5));
    for (const auto& [key, oracle] : oracles_) {
      GetRequest all = get_of(key);
      all.head.consistency = Consistency::all;
      const std::size_t node = cluster_.holders(key)[round % 3];
      if (!cluster_.get(node, all).is_ok()) oracles_.at(key).violated("a healed cluster does not answer");
    }
  }
  cluster_.scheduler().run_for(seconds(5));
}

std::size_t RandomHistory::hints() {
  std::size_t sum = 0;
  for (std::size_t node = 0; node < cluster_.size(); ++node) {
    for (const auto& shard : cluster_[node].node().shards()) sum += shard->hints.count();
  }
  return sum;
}

void RandomHistory::judge(const Bytes& key) {
  model::Oracle& oracle = oracles_.at(key);
  const std::vector<std::size_t> holders = cluster_.holders(key);
  const Record first = cluster_.copy(holders[0], key).value_or(Record());
  for (std::size_t node : holders) {
    if (cluster_.copy(node, key).value_or(Record()) != first) oracle.violated("replicas that were read from differ");
  }
  options_.collects ? oracle.check_collected(first) : oracle.check_healed(first);
}

}  // namespace stator::simulation
