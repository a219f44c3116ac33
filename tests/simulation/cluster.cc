#include "tests/simulation/cluster.h"

#include <algorithm>
#include <utility>

#include "kernel/causality/record_codec.h"
#include "kernel/invariant.h"

namespace stator::simulation {
namespace {

Result<Resolution> newest_wins(BytesView /*key*/, std::span<const Version> siblings) {
  const auto at = std::max_element(siblings.begin(), siblings.end(),
                                   [](const Version& a, const Version& b) { return a.stamp < b.stamp; });
  Resolution resolution;
  resolution.winner = static_cast<std::size_t>(at - siblings.begin());
  resolution.resolved_by = "newest";
  return resolution;
}

NodeSetup completed(const ClusterOptions& options) {
  NodeSetup setup = options.setup;
  for (std::size_t i = 0; i < options.nodes; ++i) {
    Member member;
    member.id = std::string("node-") + static_cast<char>('a' + i);
    setup.members.push_back(std::move(member));
  }
  setup.keyspaces.push_back(options.rules);
  setup.keyspaces.front().name = "default";
  setup.keyspaces.insert(setup.keyspaces.end(), options.others.begin(), options.others.end());
  if (!setup.resolve) setup.resolve = newest_wins;
  return setup;
}

// Far beyond every deadline: a request that is not answered by then never will be.
constexpr std::chrono::seconds kLongest{60};

}  // namespace

Cluster::Cluster(ClusterOptions options)
    : options_(std::move(options)), scheduler_(options_.seed), network_(scheduler_) {
  options_.setup = completed(options_);
  for (std::size_t i = 0; i < options_.nodes; ++i) {
    nodes_.push_back(std::make_unique<SimNode>(scheduler_, network_, options_.setup, i, options_.make_disk()));
    const Status started = nodes_.back()->start();
    STATOR_INVARIANT(started.is_ok(), "a fresh node starts");
  }
  if (options_.trace) {
    network_.set_watch([this](const std::string& from, const std::string& to, const Frame& request) {
      trace(from + ">" + to + " " + std::to_string(record_digest(*request)));
    });
  }
}

Cluster::~Cluster() = default;

std::vector<std::string> Cluster::ids() const {
  std::vector<std::string> all;
  for (const auto& node : nodes_) all.push_back(node->id());
  return all;
}

std::size_t Cluster::index_of(const std::string& id) const { return static_cast<std::size_t>(id.back() - 'a'); }

void Cluster::trace(const std::string& line) {
  if (!options_.trace) return;
  trace_ += std::to_string(scheduler_.now().time_since_epoch().count()) + " " + line + "\n";
}

Status Cluster::start(std::size_t node) {
  trace("start " + nodes_[node]->id());
  return nodes_[node]->start();
}

void Cluster::cut_power(std::size_t node) {
  trace("power cut " + nodes_[node]->id());
  nodes_[node]->cut_power();
  break_connections(node);
}

void Cluster::kill(std::size_t node) {
  trace("kill " + nodes_[node]->id());
  nodes_[node]->kill();
  break_connections(node);
}

Status Cluster::stop(std::size_t node) {
  trace("stop " + nodes_[node]->id());
  Status stopped = nodes_[node]->stop();
  break_connections(node);
  return stopped;
}

void Cluster::wipe(std::size_t node) {
  if (nodes_[node]->up()) cut_power(node);
  trace("wipe " + nodes_[node]->id());
  nodes_[node]->wipe();
}

void Cluster::break_connections(std::size_t node) {
  std::vector<std::function<void()>> broken;
  for (Waiting& waiting : waiting_) {
    if (waiting.node == node) broken.push_back(std::move(waiting.break_off));
  }
  waiting_.remove_if([node](const Waiting& waiting) { return waiting.node == node; });
  for (const auto& break_off : broken) scheduler_.after(Duration(1), [break_off] { break_off(); });
}

// Remembers who waits for the node, so that a crash answers them.
template <typename Done, typename Call>
void Cluster::request(std::size_t node, Done done, Call call) {
  const Status lost(Code::unavailable, "the connection to " + nodes_[node]->id() + " broke");
  if (!nodes_[node]->up()) {
    scheduler_.after(Duration(1), [done, lost] { done(lost); });
    return;
  }
  waiting_.push_back({node, [done, lost] { done(lost); }});
  const auto entry = std::prev(waiting_.end());
  nodes_[node]->executor().post([this, entry, done = std::move(done), call = std::move(call)]() mutable {
    call([this, entry, done = std::move(done)](auto outcome) {
      waiting_.erase(entry);
      done(std::move(outcome));
    });
  });
}

void Cluster::put(std::size_t node, PutRequest request, PutDone done) {
  this->request(node, std::move(done), [this, node, request = std::move(request)](auto answered) mutable {
    Node& kernel = nodes_[node]->node();
    kernel.lives().note_running();
    Keyspace* keyspace = kernel.keyspace(request.head.keyspace);
    kernel.here().coordinator.put(*keyspace, std::move(request), false, std::move(answered));
  });
}

void Cluster::get(std::size_t node, GetRequest request, GetDone done) {
  this->request(node, std::move(done), [this, node, request = std::move(request)](auto answered) mutable {
    Node& kernel = nodes_[node]->node();
    kernel.lives().note_running();
    Keyspace* keyspace = kernel.keyspace(request.head.keyspace);
    kernel.here().coordinator.get(*keyspace, std::move(request), std::move(answered));
  });
}

Outcome<PutResult> Cluster::put(std::size_t node, PutRequest request) {
  std::optional<Outcome<PutResult>> outcome;
  put(node, std::move(request), [&outcome](Outcome<PutResult> got) { outcome.emplace(std::move(got)); });
  const bool answered = scheduler_.run_until([&outcome] { return outcome.has_value(); }, kLongest);
  STATOR_INVARIANT(answered, "every put is answered");
  return std::move(*outcome);
}

Outcome<GetResult> Cluster::get(std::size_t node, GetRequest request) {
  std::optional<Outcome<GetResult>> outcome;
  get(node, std::move(request), [&outcome](Outcome<GetResult> got) { outcome.emplace(std::move(got)); });
  const bool answered = scheduler_.run_until([&outcome] { return outcome.has_value(); }, kLongest);
  STATOR_INVARIANT(answered, "every get is answered");
  return std::move(*outcome);
}

Replica::Held Cluster::held(std::size_t node, const Bytes& key, const std::string& keyspace, bool digest_only) {
  Node& kernel = nodes_[node]->node();
  Keyspace& of = *kernel.keyspace(keyspace);
  const Partition partition = kernel.partition_of_key(of, key);
  if (ReadWatch* watch = nodes_[node]->read_watch()) watch->watch(false);
  Result<Replica::Held> held = kernel.shard_of(partition).replica.held({*of.store, partition, of.id, key}, digest_only);
  if (ReadWatch* watch = nodes_[node]->read_watch()) watch->watch(true);
  // A copy that its rows do not fit is none.
  if (held.status().code() == Code::data_loss) return {};
  STATOR_INVARIANT(held.is_ok(), "a simulated disk can be read");
  return std::move(*held);
}

std::optional<Record> Cluster::copy(std::size_t node, const Bytes& key, const std::string& keyspace) {
  const Replica::Held held = this->held(node, key, keyspace, false);
  if (held.digest == 0) return std::nullopt;
  Result<Record> record = decode_record(held.record);
  STATOR_INVARIANT(record.is_ok(), "what is stored can be read");
  return std::move(*record);
}

std::uint64_t Cluster::digest(std::size_t node, const Bytes& key, const std::string& keyspace) {
  return held(node, key, keyspace, true).digest;
}

std::vector<std::size_t> Cluster::holders(const Bytes& key, const std::string& keyspace) {
  const auto up = std::find_if(nodes_.begin(), nodes_.end(), [](const auto& node) { return node->up(); });
  STATOR_INVARIANT(up != nodes_.end(), "somebody knows the ring");
  Node& kernel = (*up)->node();
  Keyspace& of = *kernel.keyspace(keyspace);
  const std::vector<std::string>& ids = of.current_placement()->holders(kernel.partition_of_key(of, key));
  std::vector<std::size_t> indices;
  indices.reserve(ids.size());
  for (const std::string& id : ids) indices.push_back(index_of(id));
  return indices;
}

std::vector<std::size_t> Cluster::others(const Bytes& key, const std::string& keyspace) {
  const std::vector<std::size_t> holding = holders(key, keyspace);
  std::vector<std::size_t> rest;
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    if (std::find(holding.begin(), holding.end(), node) == holding.end()) rest.push_back(node);
  }
  return rest;
}

PutRequest put_of(const Bytes& key, const Bytes& value) {
  PutRequest request;
  request.head.key = key;
  request.value = value;
  request.content_type = "text/plain";
  return request;
}

PutRequest removal_of(const Bytes& key) {
  PutRequest request;
  request.head.key = key;
  request.remove = true;
  return request;
}

GetRequest get_of(const Bytes& key) {
  GetRequest request;
  request.head.key = key;
  return request;
}

}  // namespace stator::simulation
