#include "kernel/node/server.h"

#include <algorithm>
#include <future>
#include <random>
#include <thread>
#include <utility>

#include "kernel/healing/repair_status.h"
#include "kernel/node/collection_gauges.h"
#include "kernel/node/coordinator_gauges.h"
#include "kernel/node/disk_gauges.h"
#include "kernel/node/hint_gauges.h"
#include "kernel/node/keyspace_settings.h"
#include "kernel/node/mending_gauges.h"
#include "kernel/node/plugin_gauges.h"
#include "kernel/node/scrub_gauges.h"
#include "kernel/node/storage_directory.h"
#include "kernel/node/storage_quarantine.h"

namespace stator {
namespace {

constexpr int kBackgroundThreads = 2;
// Of one storage whose reads may block: as many as a disk has use for at a time.
constexpr int kReaders = 8;
constexpr std::chrono::seconds kMembershipPatience{2};

int thread_count(const ServerOptions& options) {
  return options.threads > 0 ? options.threads : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

// Without a secret, the id: it keeps accidents out, but no attacker.
std::string token_secret(const ClusterOptions& cluster) {
  return cluster.secret.empty() ? "stator:" + cluster.id : cluster.secret;
}

}  // namespace

// Membership messages travel as peer requests nobody answers.
class Server::MembershipLinks final : public Links {
 public:
  explicit MembershipLinks(Server& server) : server_(server) {}
  void send(const std::string& node, Bytes message) override {
    Executor& loop = *server_.executors_.front();
    run_on(loop, [this, &loop, node, message = std::move(message)] {
      const TimePoint now = loop.now();
      const TimePoint deadline = now + kMembershipPatience;
      server_.links_.front()->call(node, {"membership", encode_membership(message, {deadline, {}}, now), deadline},
                                   [](const Result<Frame>&) {});
    });
  }

 private:
  Server& server_;
};

Server::Server(const Preflight& preflight, const std::string& node)
    : preflight_(preflight),
      config_(preflight.config),
      self_(*preflight.config.node(node)),
      log_(node, config_.log.format == LogFormat::json ? Log::Format::json : Log::Format::text, config_.log.level),
      loops_(thread_count(config_.server)),
      background_(kBackgroundThreads),
      backups_(1, "backup"),
      disk_watch_(1, "disk-watch"),
      host_({loops_, background_, log_, metrics_}) {
  for (int loop = 0; loop < loops_.count(); ++loop) executors_.push_back(std::make_unique<LoopExecutor>(loops_, loop));
}

Server::~Server() { stop(); }

Status Server::open_storages() {
  for (const KeyspaceOptions& keyspace : config_.keyspaces) {
    const ReadyInstance& instance = *preflight_.plugins.find("storage", keyspace.storage);
    if (storages_.contains(instance.name)) continue;
    const Path directory = self_.data_dir + "/storage/" + instance.name;
    const std::string label = "storage " + instance.name + ": ";
    if (Status claimed = claim_storage_directory(host_.files(), directory, std::string(instance.plugin->name()));
        !claimed.is_ok()) {
      return {claimed.code(), label + claimed.message()};
    }
    Result<std::unique_ptr<FileLock>> lock = lock_storage_directory(host_.files(), directory);
    if (!lock.is_ok()) return {lock.status().code(), label + lock.status().message()};
    Result<std::unique_ptr<StorageGuard>> storage = make_storage(*instance.plugin, host_, instance.options);
    if (!storage.is_ok()) return storage.status();
    std::unique_ptr<MendingGuard> mending;
    if (Mending* offered = host_.take_mending())
      mending = std::make_unique<MendingGuard>(*offered, host_, "mending of storage " + instance.name);
    std::unique_ptr<ScrubbingGuard> scrubbing;
    if (Scrubbing* offered = host_.take_scrubbing())
      scrubbing = std::make_unique<ScrubbingGuard>(*offered, host_, "scrubbing of storage " + instance.name);
    if (Status opened = (*storage)->open(directory + "/data"); !opened.is_ok())
      return {opened.code(), label + opened.message()};
    ThreadedCommitter::Options options;
    options.observe = [this, name = instance.name](std::size_t records, Duration took) {
      metrics_.observe_commit(name, records, took);
    };
    auto committer = std::make_unique<ThreadedCommitter>(**storage, std::move(options));
    std::unique_ptr<ThreadedReaders> readers;
    if (instance.plugin->has("reads-may-block")) readers = std::make_unique<ThreadedReaders>(kReaders);
    storages_[instance.name] = {std::move(*lock),
                                std::move(*storage),
                                std::move(mending),
                                std::move(scrubbing),
                                std::move(committer),
                                std::move(readers),
                                std::make_unique<DirectoryProbe>(host_.files(), directory + "/data")};
  }
  return Status::ok();
}

Status Server::make_resolvers() {
  for (const KeyspaceOptions& keyspace : config_.keyspaces) {
    const std::string& name = keyspace.resolver;
    if (resolvers_.contains(name) || datatypes_.contains(name)) continue;
    const ReadyInstance& instance = *preflight_.plugins.find("resolver", name);
    if (instance.plugin->kind == "datatype") {
      Result<std::unique_ptr<DataTypeGuard>> datatype =
          make_datatype(*instance.plugin, host_, instance.options, &plugin_calls_);
      if (!datatype.is_ok()) return datatype.status();
      datatypes_[name] = std::move(*datatype);
      continue;
    }
    Result<std::unique_ptr<ResolverGuard>> resolver =
        make_resolver(*instance.plugin, host_, instance.options, &plugin_calls_);
    if (!resolver.is_ok()) return resolver.status();
    resolvers_[name] = std::move(*resolver);
  }
  return Status::ok();
}

std::vector<std::string> Server::keyspaces_of(const std::string& transport) const {
  std::vector<std::string> names;
  for (const KeyspaceOptions& keyspace : config_.keyspaces) {
    if (std::find(keyspace.transports.begin(), keyspace.transports.end(), transport) != keyspace.transports.end())
      names.push_back(keyspace.name);
  }
  return names;
}

// An instance that this node neither listens on nor needs for its peers is left out.
Status Server::make_transports() {
  for (const ReadyInstance& instance : preflight_.plugins.instances) {
    if (instance.kind != "transport" || !self_.listen.contains(instance.name)) continue;
    Result<std::unique_ptr<TransportGuard>> transport = make_transport(*instance.plugin, host_, instance.options);
    if (!transport.is_ok()) return transport.status();
    transports_.push_back({instance.name, std::move(*transport), nullptr});
    if (instance.name == config_.cluster.peer_transport) carrier_ = transports_.back().transport.get();
  }
  return carrier_ != nullptr ? Status::ok()
                             : Status(Code::invalid_argument, self_.id + " does not listen on the peer transport");
}

void Server::make_links() {
  for (const auto& executor : executors_) {
    const auto address_of = [this](const std::string& node) {
      const auto addresses = addresses_.load();
      auto found = addresses->find(node);
      return found == addresses->end() ? std::string() : found->second;
    };
    const auto observe = [this](const std::string& node, const char* method, Duration took) {
      metrics_.observe_replica_rpc(node, method, took);
    };
    links_.push_back(std::make_unique<TransportLinks>(*executor, *carrier_, address_of, observe));
  }
}

void Server::tell_room(const Store& store) {
  const Room room = store.room().room();
  const std::string what = room == Room::ample       ? "the storage has room again"
                           : room == Room::soft_full ? "the storage's disk is below its reserve: values are refused"
                                                     : "the storage's disk is full: the node is read-only";
  log_.write(room == Room::ample ? LogLevel::info : LogLevel::error, what,
             {{"storage", store.name()}, {"free_bytes", static_cast<std::int64_t>(store.room().space().free)}});
}

Node::KeyspaceSetup Server::setup_of(const KeyspaceOptions& keyspace) const {
  const ReadyInstance& instance = *preflight_.plugins.find("resolver", keyspace.resolver);
  Node::KeyspaceSetup setup{
      rules_of(keyspace), keyspace.storage, keyspace.membership, {}, settings_of(keyspace, instance)};
  if (const auto datatype = datatypes_.find(keyspace.resolver); datatype != datatypes_.end()) {
    setup.datatype = datatype->second.get();
    setup.kind = "datatype " + std::string(instance.plugin->name());
    return setup;
  }
  setup.resolve = [resolver = resolvers_.at(keyspace.resolver).get(), most = keyspace.limits.max_value_bytes](
                      BytesView key, std::span<const Version> siblings) {
    return resolver->try_resolve(key, siblings, most);
  };
  return setup;
}

void Server::make_node() {
  Node::Seams seams;
  for (const auto& executor : executors_) seams.loops.push_back(executor.get());
  for (const auto& links : links_) seams.links.push_back(links.get());
  std::vector<Node::StoreSetup> stores;
  seams.background = &disk_watch_;
  seams.mending = &backups_;
  seams.tell = [this](const std::string& text) { log_.write(LogLevel::error, text); };
  seams.room_changed = [this](const Store& store) { tell_room(store); };
  for (auto& [name, instance] : storages_)
    stores.push_back({name, instance.storage.get(), instance.committer.get(), instance.readers.get(),
                      instance.space.get(), config_.instance("storage", name)->reserve, instance.mending.get(),
                      instance.scrubbing.get()});
  std::vector<Node::KeyspaceSetup> keyspaces;
  for (const KeyspaceOptions& keyspace : config_.keyspaces) keyspaces.push_back(setup_of(keyspace));
  const ClusterOptions& cluster = config_.cluster;
  node_ = std::make_unique<Node>(
      Node::Identity{
          cluster.id,
          self_.id,
          token_secret(cluster),
          cluster.partition_bits,
          std::chrono::duration_cast<std::chrono::milliseconds>(cluster.max_clock_skew),
          static_cast<std::size_t>(config_.server.max_in_flight),
          {config_.healing.repair_interval, config_.healing.repair_bytes_per_second, config_.healing.repair_cpu_share},
          config_.healing.hint_bytes_per_second,
          std::random_device()(),
          config_.healing.collect_interval,
          {config_.healing.scrub_period, config_.healing.scrub_bytes_per_second}},
      std::move(seams), std::move(stores), std::move(keyspaces));
  PeerServer::Hooks hooks;
  hooks.log = [this](LogLevel level, const std::string& text) { log_.write(level, text); };
  hooks.membership = [this](const std::string& node, BytesView message) {
    for (auto& [name, membership] : memberships_) membership->receive(node, message);
  };
  peers_ = std::make_unique<PeerServer>(*node_, std::move(hooks));
}

std::vector<Member> Server::configured_members() const {
  std::vector<Member> members;
  for (const NodeOptions& node : config_.nodes) {
    Member member{node.id, node.listen, node.zone};
    for (const auto& [transport, address] : node.advertise) member.addresses[transport] = address;
    members.push_back(std::move(member));
  }
  return members;
}

void Server::refresh_members(const std::string& membership) {
  std::vector<Member> members = memberships_.at(membership)->members();
  auto addresses = std::make_shared<std::map<std::string, std::string>>(*addresses_.load());
  for (const Member& member : members) {
    auto address = member.addresses.find(config_.cluster.peer_transport);
    if (address != member.addresses.end()) (*addresses)[member.id] = address->second;
  }
  addresses_.store(std::move(addresses));
  node_->set_members(membership, config_.instance("membership", membership)->vnodes_per_node, std::move(members));
}

Status Server::start_memberships() {
  addresses_.store(std::make_shared<const std::map<std::string, std::string>>());
  membership_links_ = std::make_unique<MembershipLinks>(*this);
  for (const KeyspaceOptions& keyspace : config_.keyspaces) {
    const std::string& name = keyspace.membership;
    if (memberships_.contains(name)) continue;
    const ReadyInstance& instance = *preflight_.plugins.find("membership", name);
    Result<std::unique_ptr<MembershipGuard>> membership = make_membership(*instance.plugin, host_, instance.options);
    if (!membership.is_ok()) return membership.status();
    memberships_[name] = std::move(*membership);
    const auto on_change = [this, name] { run_on(*executors_.front(), [this, name] { refresh_members(name); }); };
    if (Status started = memberships_[name]->start(self_.id, configured_members(), *membership_links_, on_change);
        !started.is_ok())
      return started;
    refresh_members(name);
  }
  return Status::ok();
}

void Server::make_pages() {
  Pages::Facts facts;
  facts.version = STATOR_VERSION;
  for (const KeyspaceOptions& keyspace : config_.keyspaces) {
    facts.keyspaces.push_back(
        {keyspace.name, keyspace.resolver, keyspace.storage, keyspace.membership, keyspace.transports});
  }
  for (const ReadyInstance& instance : preflight_.plugins.instances) {
    auto known = std::find_if(facts.plugins.begin(), facts.plugins.end(),
                              [&](const auto& entry) { return entry.path == instance.plugin->path; });
    if (known == facts.plugins.end()) {
      const stator_plugin_descriptor& descriptor = *instance.plugin->descriptor;
      facts.plugins.push_back({instance.plugin->kind,
                               descriptor.name,
                               descriptor.version,
                               descriptor.interface_id,
                               descriptor.capabilities,
                               instance.plugin->path,
                               {}});
      known = std::prev(facts.plugins.end());
    }
    known->instances.push_back(instance.name);
  }
  pages_ = std::make_unique<Pages>(*node_, metrics_, std::move(facts));
  explain_ = std::make_unique<Explain>(*node_);
}

Status Server::make_actions() {
  std::vector<BackupSource::Source> sources;
  for (const auto& store : node_->stores()) {
    const Plugin& plugin = *preflight_.plugins.find("storage", store->name())->plugin;
    sources.push_back({store.get(), std::string(plugin.name()), plugin.has("checkpoints-by-link")});
  }
  backup_ = std::make_unique<BackupSource>(BackupSource::Parts{host_.files(), backups_, *executors_.front(),
                                                               self_.data_dir + "/backup", std::move(sources)});
  backup_->clear();
  restore_ = std::make_unique<RestoreSink>(*node_, backups_);
  actions_ = std::make_unique<AdminActions>(*backup_, *restore_);
  return restore_->open();
}

void Server::make_repair_gauges() {
  node_->last_comparison().set_observer([this](Duration took) { metrics_.observe_merkle_round(took); });
  metrics_.counter("stator_repair_bytes_total", "Bytes moved to make replicas equal.", {{"kind", "anti_entropy"}},
                   [this] { return static_cast<double>(node_->repair_counters().anti_entropy_bytes.load()); });
  metrics_.gauge("stator_repair_debt_seconds",
                 "Age of the oldest partition that was not found equal on this node and a peer since.", {},
                 [this, begun = host_.now()] {
                   const TimePoint now = host_.now();
                   TimePoint oldest = now;
                   for (const auto& [name, keyspace] : node_->keyspaces())
                     oldest = std::min(oldest, repair_status(node_->repair(*keyspace), self_.id, begun).oldest);
                   return std::chrono::duration<double>(now - oldest).count();
                 });
}

void Server::make_gauges() {
  const ReplicaCounters& counters = node_->counters();
  metrics_.counter("stator_versions_dropped_total",
                   "Versions a merge dropped because the other copy had seen them replaced.", {},
                   [&counters] { return static_cast<double>(counters.versions_dropped.load()); });
  metrics_.counter("stator_corrupt_dots_total", "Dots that arrived with two contents.", {},
                   [&counters] { return static_cast<double>(counters.corrupt_dots.load()); });
  metrics_.counter("stator_stamps_refused_total", "Records refused because they were stamped too far in the future.",
                   {}, [&counters] { return static_cast<double>(counters.stamps_refused.load()); });
  metrics_.counter("stator_records_outlived_total", "Records refused because their sender had read them too long ago.",
                   {}, [&counters] { return static_cast<double>(counters.outlived.load()); });
  metrics_.counter("stator_background_refused_total",
                   "Records of hints, read repair and anti-entropy refused because there was too much to do.", {},
                   [&counters] { return static_cast<double>(counters.put_off.load()); });
  make_repair_gauges();
  make_coordinator_gauges(metrics_, *node_);
  make_hint_gauges(metrics_, *node_);
  for (const auto& [name, keyspace] : node_->keyspaces()) {
    metrics_.gauge("stator_partitions_owned", "Partitions of which this node holds a replica.", {{"keyspace", name}},
                   [this, held = keyspace.get()] {
                     const auto placement = held->current_placement();
                     return static_cast<double>(std::count_if(
                         placement->primaries.begin(), placement->primaries.end(), [this](const auto& holders) {
                           return std::find(holders.begin(), holders.end(), self_.id) != holders.end();
                         }));
                   });
  }
  for (const auto& [name, keyspace] : node_->keyspaces()) {
    metrics_.gauge("stator_partitions_catching_up",
                   "Partitions whose copies here do not count yet, because this node has lost data or was away.",
                   {{"keyspace", name}},
                   [held = keyspace.get()] { return static_cast<double>(held->authority->missing()); });
  }
  const std::pair<const char*, MemberState> states[] = {{"alive", MemberState::alive},
                                                        {"suspect", MemberState::suspect},
                                                        {"dead", MemberState::dead},
                                                        {"left", MemberState::left}};
  for (const std::string& membership : node_->memberships()) {
    for (const auto& [name, state] : states) {
      metrics_.gauge(
          "stator_members", "Members as this node sees them.", {{"membership", membership}, {"state", name}},
          [this, membership, wanted = state] {
            const auto view = node_->ring(membership);
            return static_cast<double>(std::count_if(view->members.begin(), view->members.end(),
                                                     [&](const Member& member) { return member.state == wanted; }));
          });
    }
  }
}

void Server::make_plugin_gauges() {
  for (const auto& [name, resolver] : resolvers_) make_resolver_counters(metrics_, name, *resolver);
  for (const auto& [name, datatype] : datatypes_) make_datatype_counters(metrics_, name, *datatype);
  const auto count = [this](const char* kind, const std::string& name, const auto* guard) {
    make_fault_counter(metrics_, kind, name, [guard] { return guard->faults(); });
  };
  for (const auto& [name, instance] : storages_) count("storage", name, instance.storage.get());
  for (const auto& [name, membership] : memberships_) count("membership", name, membership.get());
  for (const TransportInstance& instance : transports_) count("transport", instance.name, instance.transport.get());
}

Status Server::start_transports() {
  // The carrier first: what the others bring in needs it from the first request on.
  std::stable_partition(transports_.begin(), transports_.end(),
                        [this](const TransportInstance& instance) { return instance.transport.get() == carrier_; });
  for (TransportInstance& instance : transports_) {
    const std::vector<std::string> visible = keyspaces_of(instance.name);
    if (!visible.empty()) {
      instance.gate = std::make_unique<ClientGate>(
          ClientGate::Parts{*node_, *pages_, *explain_, *actions_, metrics_, log_}, instance.name, visible);
    }
    // Also one that is not the carrier here answers: its typed calls are for people and tools.
    const bool can_carry = preflight_.plugins.find("transport", instance.name)->plugin->has("peers");
    Peers* peers = can_carry ? peers_.get() : nullptr;
    const std::string& listen = self_.listen.at(instance.name);
    Status started = instance.transport->start(listen, instance.gate.get(), peers);
    if (!started.is_ok())
      return {started.code(), "transport " + instance.name + " on " + listen + ": " + started.message()};
    log_.write(LogLevel::info, "listening", {{"transport", instance.name}, {"address", listen}});
  }
  return Status::ok();
}

Status Server::start() {
  if (config_.cluster.secret.empty())
    log_.write(LogLevel::warning, "cluster.secret is not set: context tokens are signed with the cluster's id");
  const auto begun = host_.now();
  if (Status status = open_storages(); !status.is_ok()) return status;
  if (Status status = make_resolvers(); !status.is_ok()) return status;
  if (Status status = make_transports(); !status.is_ok()) return status;
  make_links();
  make_node();
  if (Status status = node_->open(); !status.is_ok()) return with_advice(status, self_.data_dir, preflight_.file);
  host_.set_stamps(&node_->stamps());
  if (Status status = start_memberships(); !status.is_ok()) return status;
  node_->resume();
  make_pages();
  if (Status status = make_actions(); !status.is_ok()) return status;
  make_gauges();
  make_collection_gauges(metrics_, *node_);
  make_disk_gauges(metrics_, *node_);
  make_plugin_gauges();
  make_mending_gauges(metrics_, *node_);
  make_scrub_gauges(metrics_, *node_);
  loops_.start();
  serving_ = true;
  if (Status status = start_transports(); !status.is_ok()) return status;
  loops_.post(0, [this] { node_->begin(); });
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(host_.now() - begun);
  log_.write(LogLevel::info, "ready", {{"version", STATOR_VERSION}, {"millis", took.count()}});
  return Status::ok();
}

void Server::run_on_loop(int loop, Task task) {
  std::promise<void> ran;
  loops_.post(loop, [&] {
    task();
    ran.set_value();
  });
  ran.get_future().wait();
}

void Server::stop() {
  if (!std::exchange(serving_, false)) return;
  log_.write(LogLevel::info, "stopping");
  // Clients first: what they have asked for still needs the peers.
  for (TransportInstance& instance : transports_) {
    if (instance.transport.get() != carrier_) instance.transport->stop();
  }
  carrier_->stop();
  backup_->stop();
  backups_.stop();  // a checkpoint that is being taken is waited for
  run_on_loop(0, [this] {
    for (auto& [name, membership] : memberships_) membership->stop();
    node_->end();
  });
  // What the end of the links has left to do on each loop, hints above all, is still written.
  for (int loop = 0; loop < loops_.count(); ++loop) run_on_loop(loop, [] {});
  for (auto& [name, instance] : storages_) {
    if (instance.readers) instance.readers->stop();
  }
  for (int loop = 0; loop < loops_.count(); ++loop) run_on_loop(loop, [] {});  // and what waited for a reader
  for (auto& [name, instance] : storages_) instance.committer->stop();
  disk_watch_.stop();
  loops_.stop();
  Status closed = node_->close();
  if (!closed.is_ok()) log_.write(LogLevel::error, "the stop is not a clean one: " + closed.text());
  for (auto& [name, instance] : storages_) instance.storage.reset();  // gives up a snapshot that the pool would finish
  background_.stop();
  host_.set_stamps(nullptr);
  log_.write(LogLevel::info, "stopped");
  log_.flush();
}

}  // namespace stator
