#include "tests/coordinator/datatype_history.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "tests/simulation/datatype_plugins.h"

namespace stator::simulation {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr NetworkFaults kUnreliable{.drop_permille = 30, .duplicate_permille = 50, .longest_delay = milliseconds(20)};

ClusterOptions cluster_options(const DataTypeHistory::Options& options) {
  ClusterOptions cluster{.seed = options.seed, .nodes = options.nodes};
  for (const char* name : {"sets", "counters"}) {
    cluster.others.emplace_back();
    cluster.others.back().name = name;
    cluster.others.back().timeout = milliseconds(300);
  }
  cluster.setup.datatypes = {{"sets", datatype("add_wins_set")}, {"counters", datatype("pn_counter")}};
  return cluster;
}

GetRequest get_from(const std::string& keyspace, const Bytes& key) {
  GetRequest request = get_of(key);
  request.head.keyspace = keyspace;
  return request;
}

SetOracle::Elements elements_of(const GetResult& result) {
  return result.found ? Json::parse(result.resolved.value).get<SetOracle::Elements>() : SetOracle::Elements();
}

}  // namespace

DataTypeHistory::DataTypeHistory(const Options& options)
    : options_(options), cluster_(cluster_options(options)), clients_(options.clients), faults_left_(options.faults) {
  cluster_.network().set_faults(kUnreliable);
}

std::optional<std::string> DataTypeHistory::run() {
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
  for (const auto& [key, oracle] : sets_) judge("sets", key);
  for (const auto& [key, oracle] : counters_) judge("counters", key);
  return violation_;
}

void DataTypeHistory::violated(const std::string& what) {
  if (!violation_) violation_ = what;
}

// --- Clients: they look at a set and then change it, with or without the context of what they saw; or they count. ---

void DataTypeHistory::next_request(std::size_t client) {
  cluster_.scheduler().after(cluster_.scheduler().between(milliseconds(0), milliseconds(30)), [this, client] {
    Client& mine = clients_[client];
    if (mine.left == 0) return;
    const std::size_t roll = pick(100);
    if (roll < 25) return count(client, {any_key(), static_cast<std::int64_t>(pick(9)) - 3, next_op(), pick(3)});
    if (mine.token.empty() || roll < 45) return read(client);
    roll < 75 ? add(client) : remove(client);
  });
}

void DataTypeHistory::finish(std::size_t client) {
  --clients_[client].left;
  next_request(client);
}

void DataTypeHistory::note(const Outcome<PutResult>& outcome) {
  acknowledged_ += outcome.is_ok() ? 1 : 0;
  if (!outcome.is_ok() && outcome.failure().status.message().find("read the key again") != std::string::npos) ++unseen_;
}

PutRequest DataTypeHistory::operation(const char* keyspace, const Bytes& key, const std::string& call) const {
  PutRequest request;
  request.head.keyspace = keyspace;
  request.head.key = key;
  request.operation = {Json::parse(call)["op"].get<std::string>(), call};
  return request;
}

void DataTypeHistory::read(std::size_t client) {
  clients_[client].key = any_key();
  GetRequest request = get_from("sets", clients_[client].key);
  cluster_.get(pick(cluster_.size()), std::move(request), [this, client](Outcome<GetResult> outcome) {
    Client& mine = clients_[client];
    mine.token.clear();
    if (outcome.is_ok()) {
      mine.token = outcome->context;
      mine.shown = elements_of(*outcome);
      if (auto wrong = sets_[mine.key].judge_read(mine.shown)) violated(mine.key + ": " + *wrong);
    }
    finish(client);
  });
}

void DataTypeHistory::add(std::size_t client) {
  Client& mine = clients_[client];
  const std::string element = sets_[mine.key].begin_add();
  PutRequest request = operation("sets", mine.key, Json({{"op", "add"}, {"element", element}}).dump());
  if (pick(2) == 0) request.context = mine.token;
  cluster_.put(pick(cluster_.size()), std::move(request),
               [this, client, key = mine.key, element](const Outcome<PutResult>& outcome) {
                 note(outcome);
                 if (outcome.is_ok()) sets_[key].acknowledge_add(element);
                 finish(client);
               });
}

// Of what it saw, and of what it did not see: that is to stay. Some have seen nothing that they say.
void DataTypeHistory::remove(std::size_t client) {
  Client& mine = clients_[client];
  SetOracle& oracle = sets_[mine.key];
  Elements wanted;
  for (const auto& [element, acknowledged] : oracle.elements()) {
    if (pick(3) == 0) wanted.insert(element);
  }
  const bool blind = pick(8) == 0;
  const std::optional<Elements> shown = blind ? std::nullopt : std::optional(mine.shown);
  PutRequest request = operation("sets", mine.key, Json({{"op", "remove_all"}, {"elements", wanted}}).dump());
  const bool whole = pick(8) == 0;
  if (whole) {
    request.operation.reset();
    request.remove = true;
    wanted.clear();
    for (const auto& [element, acknowledged] : oracle.elements()) wanted.insert(element);
  }
  if (!blind) request.context = mine.token;
  oracle.begin_removal(wanted, shown);
  cluster_.put(pick(cluster_.size()), std::move(request),
               [this, client, key = mine.key, wanted, shown, whole](const Outcome<PutResult>& outcome) {
                 note(outcome);
                 if (outcome.is_ok()) sets_[key].acknowledge_removal(wanted, shown);
                 if (whole && !shown) doubt_all(key);
                 finish(client);
               });
}

// A key that is removed blindly loses also what was added while the removal was on its way.
void DataTypeHistory::doubt_all(const Bytes& key) {
  Elements all;
  for (const auto& [element, acknowledged] : sets_[key].elements()) all.insert(element);
  sets_[key].begin_removal(all, std::nullopt);
}

// What failed is tried again, perhaps at another node, under the same op id; each try that failed may have been
// counted.
void DataTypeHistory::count(std::size_t client, Count count) {
  PutRequest request = operation("counters", count.key, Json({{"op", "increment"}, {"by", count.by}}).dump());
  request.op_id = count.op;
  cluster_.put(pick(cluster_.size()), std::move(request), [this, client, count](const Outcome<PutResult>& outcome) {
    note(outcome);
    CounterOracle& oracle = counters_[count.key];
    outcome.is_ok() ? oracle.acknowledge(count.by) : oracle.fail(count.by);
    if (outcome.is_ok() || count.retries == 0) return finish(client);
    Count again = count;
    --again.retries;
    this->count(client, std::move(again));
  });
}

// --- Faults ---

void DataTypeHistory::next_fault() {
  if (faults_left_ == 0) return;
  cluster_.scheduler().after(cluster_.scheduler().between(milliseconds(5), milliseconds(150)), [this] {
    --faults_left_;
    one_fault(pick(cluster_.size()));
    next_fault();
  });
}

void DataTypeHistory::one_fault(std::size_t node) {
  SimNode& victim = cluster_[node];
  switch (pick(6)) {
    case 0: return cluster_.network().cut(victim.id(), cluster_[pick(cluster_.size())].id());
    case 1: return cluster_.network().heal();
    case 2: return cluster_.network().isolate(victim.id(), cluster_.ids());
    default: break;
  }
  if (!victim.up()) return;
  switch (pick(3)) {
    case 0: cluster_.cut_power(node); return restart_later(node);
    case 1: static_cast<void>(cluster_.stop(node).is_ok()); return restart_later(node);
    default:
      victim.executor().pause();
      cluster_.scheduler().after(milliseconds(200), [this, node] {
        if (cluster_[node].up()) cluster_[node].executor().resume();
      });
  }
}

void DataTypeHistory::restart_later(std::size_t node) {
  cluster_.scheduler().after(cluster_.scheduler().between(milliseconds(1), milliseconds(200)), [this, node] {
    if (!cluster_[node].up() && !cluster_.start(node).is_ok()) violated("a node does not start any more");
  });
}

// --- The end ---

// Everything is up and reachable; hints are delivered, and all is read from all replicas.
void DataTypeHistory::heal() {
  cluster_.scheduler().run_for(seconds(2));
  cluster_.network().heal();
  cluster_.network().set_faults({});
  if (!cluster_.scheduler().run_until([this] { return hints() == 0; }, seconds(120)))
    violated("hints are not delivered");
  cluster_.scheduler().run_for(seconds(5));
}

std::uint64_t DataTypeHistory::lacking_base() {
  std::uint64_t sum = 0;
  for (std::size_t node = 0; node < cluster_.size(); ++node) {
    for (const auto& shard : cluster_[node].node().shards()) sum += shard->coordinator.deltas().lacking_base;
  }
  return sum;
}

std::size_t DataTypeHistory::hints() {
  std::size_t sum = 0;
  for (std::size_t node = 0; node < cluster_.size(); ++node) {
    for (const auto& shard : cluster_[node].node().shards()) sum += shard->hints.count();
  }
  return sum;
}

void DataTypeHistory::judge(const std::string& keyspace, const Bytes& key) {
  GetRequest all = get_from(keyspace, key);
  all.head.consistency = Consistency::all;
  Outcome<GetResult> shown = cluster_.get(0, all);
  cluster_.scheduler().run_for(seconds(5));
  if (!shown.is_ok()) return violated("a healed cluster does not answer: " + shown.failure().status.text());
  const std::vector<std::size_t> holders = cluster_.holders(key, keyspace);
  for (const std::size_t node : holders) {
    if (cluster_.copy(node, key, keyspace) != cluster_.copy(holders[0], key, keyspace))
      violated(keyspace + "/" + key + ": replicas that were read from differ");
  }
  const auto wrong =
      keyspace == "sets"
          ? sets_[key].judge_end(elements_of(*shown))
          : counters_[key].judge_end(shown->found ? Json::parse(shown->resolved.value).get<std::int64_t>() : 0);
  if (wrong) violated(keyspace + "/" + key + ": " + *wrong);
}

}  // namespace stator::simulation
