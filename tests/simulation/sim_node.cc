#include "tests/simulation/sim_node.h"

#include <utility>

namespace stator::simulation {

SimNode::SimNode(Scheduler& scheduler, SimNetwork& network, const NodeSetup& setup, std::size_t index,
                 std::unique_ptr<Disk> disk)
    : scheduler_(scheduler), network_(network), setup_(setup), id_(setup.members[index].id), disk_(std::move(disk)) {}

void SimNode::set_wall_offset_ms(std::int64_t offset) {
  wall_offset_ms_ = offset;
  if (executor_) executor_->set_wall_offset_ms(offset);
}

void SimNode::build() {
  executor_ = std::make_unique<SimExecutor>(scheduler_, wall_offset_ms_);
  SimCommitter::Options commit = setup_.commit;
  commit.watch = [this](const Commit& handed_over) {
    if (commit_watch_) commit_watch_(handed_over);
  };
  committer_ = std::make_unique<SimCommitter>(scheduler_, *storage_, std::move(commit));
  transport_ = std::make_unique<SimTransport>(network_, *executor_);
  links_ = std::make_unique<TransportLinks>(
      *executor_, *transport_, [](const std::string& node) { return node; }, nullptr);
  Node::Identity identity{.cluster = "simulated", .node = id_, .secret = setup_.secret};
  identity.seed = scheduler_.below(UINT64_MAX);
  identity.partition_bits = setup_.partition_bits;
  identity.max_clock_skew = setup_.max_clock_skew;
  identity.max_in_flight = setup_.max_in_flight;
  identity.anti_entropy = setup_.anti_entropy;
  identity.collect_interval = setup_.collect_interval;
  std::vector<Node::KeyspaceSetup> keyspaces;
  for (const KeyspaceRules& rules : setup_.keyspaces) {
    keyspaces.push_back({rules, "disk", "main", setup_.resolve, {{"name", rules.name}}});
    if (const auto datatype = setup_.datatypes.find(rules.name); datatype != setup_.datatypes.end()) {
      keyspaces.back().datatype = datatype->second.get();
      keyspaces.back().kind = "datatype";
    }
    if (timeout_) keyspaces.back().rules.timeout = *timeout_;
  }
  Node::StoreSetup store{"disk", storage_.get(), committer_.get(), readers_.get()};
  if (setup_.reserve) {
    store.space = &disk_->space();
    store.reserve = *setup_.reserve;
  }
  store.mending = disk_->mending();
  node_ = std::make_unique<Node>(std::move(identity), Node::Seams{{executor_.get()}, {links_.get()}},
                                 std::vector<Node::StoreSetup>{store}, std::move(keyspaces));
}

Status SimNode::start() {
  Result<std::unique_ptr<Storage>> storage = disk_->open();
  if (!storage.is_ok()) return storage.status();
  storage_ = std::move(*storage);
  if (setup_.reads_may_block) {
    readers_ = std::make_unique<SimReaders>(scheduler_);
    auto watched = std::make_unique<ReadWatch>(std::move(storage_), scheduler_, *readers_);
    read_watch_ = watched.get();
    storage_ = std::move(watched);
  }
  build();
  if (Status opened = node_->open(); !opened.is_ok()) {
    end_process();
    return opened;
  }
  node_->set_members("main", setup_.vnodes_per_node,
                     setup_.membership ? setup_.membership(id_, setup_.members) : setup_.members);
  node_->resume();
  server_ = std::make_unique<PeerServer>(
      *node_, PeerServer::Hooks{[this](LogLevel, const std::string& text) { log_.push_back(text); }, nullptr});
  if (Status started = transport_->start(id_, nullptr, server_.get()); !started.is_ok()) return started;
  if (read_watch_ != nullptr) read_watch_->watch(true);
  if (setup_.begin_after == Duration(0)) {
    node_->begin();
  } else {
    executor_->after(setup_.begin_after, [this] {
      reached_early_ += transport_->has_met() ? 1 : 0;
      node_->begin();
    });
  }
  return Status::ok();
}

// Everything that holds on to requests goes before what those requests refer to.
void SimNode::end_process() {
  if (transport_) transport_->stop();
  if (readers_) readers_->forget();
  committer_.reset();
  executor_.reset();
  server_.reset();
  node_.reset();
  links_.reset();
  transport_.reset();
  read_watch_ = nullptr;
  storage_.reset();
  readers_.reset();
}

void SimNode::cut_power() {
  disk_->cut_power(scheduler_.below(UINT64_MAX));
  end_process();
}

void SimNode::kill() {
  disk_->kill();
  end_process();
}

Status SimNode::stop() {
  transport_->stop();
  node_->end();
  executor_->drain();
  if (readers_) {
    readers_->flush();
    executor_->drain();
  }
  committer_->flush();
  executor_->drain();
  Status closed = node_->close();
  end_process();
  return closed;
}

}  // namespace stator::simulation
