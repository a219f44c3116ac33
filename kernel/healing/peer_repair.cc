#include "kernel/healing/peer_repair.h"

#include <algorithm>
#include <utility>

#include "kernel/healing/repair_order.h"
#include "kernel/healing/shared_trees.h"
#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

constexpr std::size_t kChunk = 16;  // partitions
constexpr unsigned kPatientRounds = 3;
constexpr std::chrono::milliseconds kAtOnce{10};
constexpr std::chrono::milliseconds kFirstStall{250};
constexpr std::chrono::milliseconds kFirstFailure{500};
constexpr std::chrono::milliseconds kSpread{1000};
constexpr unsigned kMostDoublings = 10;

Duration doubled(Duration first, unsigned times, Duration most) {
  return std::min<Duration>(first * (std::int64_t{1} << std::min(times, kMostDoublings)), most);
}

}  // namespace

PeerRepair::PeerRepair(const RepairTools& tools, const RepairPlan& plan, std::string peer, LastComparison& last)
    : tools_(tools), plan_(plan), line_(tools, std::move(peer)), last_(last) {}

void PeerRepair::begin() {
  running_ = true;
  const std::uint64_t pair = key_token(plan_.node, line_.peer());
  arm(std::min<Duration>(std::chrono::milliseconds(pair % kSpread.count()), plan_.interval));
}

void PeerRepair::end() {
  running_ = false;
  tools_.executor.cancel(std::exchange(timer_, 0));
}

void PeerRepair::hurry(const RepairKeyspace* only) {
  for (std::size_t i = 0; i < plan_.keyspaces.size(); ++i) {
    if (only == nullptr || only == plan_.keyspaces[i]) hurried_.insert(i);
  }
  if (busy_) {
    again_ = true;
  } else if (running_) {
    tools_.executor.cancel(std::exchange(timer_, 0));
    failures_ = stalls_ = 0;
    arm(Duration(0));
  }
}

void PeerRepair::arm(Duration delay) {
  if (!running_) return;
  timer_ = tools_.executor.after(delay, [this] {
    timer_ = 0;
    const TimedWork work(tools_.executor, tools_.cpu);
    start_round();
  });
}

void PeerRepair::start_round() {
  busy_ = true;
  again_ = false;
  round_ = {};
  round_.begun = tools_.executor.now();
  // Of all that are due, or else of those that somebody asked for.
  if (!hurried_.empty() && round_.begun < all_due_) {
    round_.only = std::exchange(hurried_, {});
  } else {
    hurried_.clear();
    all_due_ = round_.begun + plan_.interval;
  }
  keyspace_ = 0;
  next_keyspace();
}

void PeerRepair::next_keyspace() {
  for (; keyspace_ < plan_.keyspaces.size(); ++keyspace_) {
    if (!round_.only.empty() && !round_.only.contains(keyspace_)) continue;
    const auto placement = repair().keyspace.current_placement();
    const SharedTrees trees(repair(), *placement, plan_.node, line_.peer());
    groups_.clear();
    differing_.clear();
    for (std::uint32_t group = 0; group < trees.groups(); ++group) {
      if (group % plan_.loops != plan_.index) continue;
      const std::vector<Partition> shared = trees.shared_in(group);
      const auto ready =
          std::count_if(shared.begin(), shared.end(), [&](Partition p) { return repair().comparable(p); });
      if (static_cast<std::size_t>(ready) < shared.size()) round_.left = true;
      if (ready > 0) groups_.push_back(group);
    }
    if (!groups_.empty()) return ask_groups();
  }
  end_round();
}

void PeerRepair::ask_groups() {
  const auto placement = repair().keyspace.current_placement();
  const SharedTrees trees(repair(), *placement, plan_.node, line_.peer());
  TreeRequest request{repair().keyspace.rules.name, TreeLevel::groups, {groups_.begin(), groups_.end()}, {}};
  for (std::uint32_t group : groups_) request.hashes.push_back(trees.group(group));
  std::vector<std::uint32_t> asked = request.nodes;
  line_.ask(
      "tree",
      [this, request = std::move(request)](PeerRequestHead head, TimePoint now) {
        // Says how far the clock here has come, also of a node that clients never ask for anything: by that its peers
        // know an old copy of its disk.
        head.born = tools_.stamps.birth();
        return encode_tree_request(request, head, now);
      },
      [this, asked = std::move(asked), at = tools_.executor.now()](const Result<Frame>& reply) {
        on_groups(at, asked, reply);
      });
}

void PeerRepair::on_groups(TimePoint asked, const std::vector<std::uint32_t>& groups, const Result<Frame>& reply) {
  if (!reply.is_ok()) return fail(reply.status());
  const Result<TreeReply> told = decode_tree_reply(**reply);
  if (!told.is_ok()) return fail(told.status());
  if (told->answered == 0 || told->answered > groups.size())
    return fail({Code::internal, line_.peer() + " answered nothing"});
  Children roots;
  for (std::size_t i = 0; i < told->children.size(); ++i) roots[told->children[i]] = told->hashes[i];
  unsure_ = {told->unsure.begin(), told->unsure.end()};
  for (std::size_t i = 0; i < told->answered; ++i) compare_group(asked, groups[i], *told, roots);
  groups_.erase(groups_.begin(), groups_.begin() + static_cast<std::ptrdiff_t>(told->answered));
  if (!groups_.empty()) return ask_groups();
  choose();
  next_chunk();
}

void PeerRepair::compare_group(TimePoint asked, std::uint32_t group, const TreeReply& reply, const Children& roots) {
  const auto placement = repair().keyspace.current_placement();
  const SharedTrees trees(repair(), *placement, plan_.node, line_.peer());
  const bool differs = std::find(reply.differing.begin(), reply.differing.end(), group) != reply.differing.end();
  for (Partition partition : trees.shared_in(group)) {
    const bool unready = std::find(reply.unready.begin(), reply.unready.end(), partition) != reply.unready.end();
    if (unready || !repair().comparable(partition)) {
      round_.left = true;
      continue;
    }
    ++round_.compared;
    const auto root = roots.find(partition);
    if (!differs || repair().trees.root(partition) == (root == roots.end() ? 0 : root->second)) {
      note_equal(partition, asked);
      continue;
    }
    seen().note_difference(partition, asked);
    if (my_turn(partition)) {
      differing_.push_back(partition);
    } else {
      round_.left = true;
    }
  }
}

// The nodes of a partition in an order of its own: the first repairs with all others, the second with all but the
// first.
bool PeerRepair::my_turn(Partition partition) const {
  if (!repair().keyspace.speaks_for(partition)) return true;  // whose copies do not count waits for nobody
  const auto rank = [&](std::string_view node) { return entry_hash(key_hash(node), partition + 1U); };
  if (rank(plan_.node) < rank(line_.peer())) return true;
  return tools_.executor.now() - seen().differs(partition) > 3 * plan_.interval;
}

void PeerRepair::choose() {
  sort_for_repair(differing_, seen(), repair().trees);
  if (differing_.size() > kMostRepaired) {
    round_.more = true;
    differing_.resize(kMostRepaired);
  }
  chosen_.assign(differing_.begin(), differing_.end());
}

void PeerRepair::next_chunk() {
  chunk_.clear();
  for (; !chosen_.empty() && chunk_.size() < kChunk; chosen_.pop_front()) {
    if (repair().leases.take(chosen_.front(), line_.peer(), tools_.executor.now())) {
      chunk_.push_back(chosen_.front());
    } else {
      round_.left = true;
    }
  }
  if (chunk_.empty()) {
    ++keyspace_;
    return next_keyspace();
  }
  chunk_asked_ = tools_.executor.now();
  ask_tree(TreeLevel::partitions, {chunk_.begin(), chunk_.end()});
}

void PeerRepair::ask_tree(TreeLevel level, std::vector<std::uint32_t> nodes) {
  TreeRequest request{repair().keyspace.rules.name, level, nodes, {}};
  line_.ask(
      "tree",
      [request = std::move(request)](const PeerRequestHead& head, TimePoint now) {
        return encode_tree_request(request, head, now);
      },
      [this, level, nodes = std::move(nodes)](const Result<Frame>& reply) {
        if (!reply.is_ok()) return fail(reply.status());
        const Result<TreeReply> told = decode_tree_reply(**reply);
        if (!told.is_ok()) return fail(told.status());
        if (told->answered < nodes.size()) return fail({Code::internal, line_.peer() + " answered too little"});
        level == TreeLevel::partitions ? on_partitions(*told) : on_branches(nodes, *told);
      });
}

void PeerRepair::on_partitions(const TreeReply& reply) {
  unsure_ = {reply.unsure.begin(), reply.unsure.end()};
  Children theirs;
  for (std::size_t i = 0; i < reply.children.size(); ++i) theirs[reply.children[i]] = reply.hashes[i];
  std::vector<std::uint32_t> branches;
  for (Partition partition : chunk_) {
    const bool unready = std::find(reply.unready.begin(), reply.unready.end(), partition) != reply.unready.end();
    if (unready || !repair().comparable(partition)) {
      round_.left = true;
      continue;
    }
    const std::size_t before = branches.size();
    for (unsigned i = 0; i < MerkleTree::kBranches; ++i) {
      const std::uint32_t branch = partition * MerkleTree::kBranches + i;
      const auto at = theirs.find(branch);
      if (repair().trees.branch(partition, i) != (at == theirs.end() ? 0 : at->second)) branches.push_back(branch);
    }
    if (branches.size() == before) note_equal(partition, chunk_asked_);
  }
  if (branches.empty()) return end_chunk();
  ask_tree(TreeLevel::branches, std::move(branches));
}

void PeerRepair::on_branches(const std::vector<std::uint32_t>& branches, const TreeReply& reply) {
  Children theirs;
  for (std::size_t i = 0; i < reply.children.size(); ++i) theirs[reply.children[i]] = reply.hashes[i];
  std::vector<LeafRepair::Task> tasks;
  for (std::uint32_t branch : branches) {
    const auto partition = static_cast<Partition>(branch / MerkleTree::kBranches);
    const auto writing = writing_.find({keyspace_, partition});
    // Equal but for what is on its way is not enough for a node that may have acknowledged just that before it lost it.
    const bool eager = !repair().keyspace.speaks_for(partition);
    const bool patient = writing == writing_.end() || writing->second < kPatientRounds;
    for (unsigned i = 0; i < MerkleTree::kFan; ++i) {
      const std::uint32_t leaf = branch * MerkleTree::kFan + i;
      const auto at = theirs.find(leaf);
      if (repair().trees.leaf(partition, leaf % MerkleTree::kLeaves) != (at == theirs.end() ? 0 : at->second))
        tasks.push_back({leaf, patient, eager});
    }
  }
  if (tasks.empty()) return end_chunk();
  // shared: by the answers it waits for
  auto repair = std::make_shared<LeafRepair>(tools_, line_, this->repair(), std::move(tasks),
                                             [this](const LeafRepair::Outcome& outcome) { on_repaired(outcome); });
  repair->start();
}

void PeerRepair::on_repaired(const LeafRepair::Outcome& outcome) {
  round_.pulled += outcome.pulled;
  round_.moved += outcome.pulled + outcome.pushed;
  for (Partition partition : chunk_) {
    if (outcome.writing.contains(partition)) {
      ++writing_[{keyspace_, partition}];
    } else {
      writing_.erase({keyspace_, partition});
    }
  }
  round_.left = round_.left || !outcome.busy.empty() || !outcome.writing.empty();
  // What cannot be read, here or there, keeps nothing else waiting.
  const bool unreadable = outcome.status.code() == Code::data_loss;
  if (!outcome.status.is_ok() && !unreadable) return fail(outcome.status);
  for (const Status& fault : {outcome.status, outcome.alone}) {
    if (!fault.is_ok()) note_error(fault);
  }
  if (unreadable) return end_chunk();
  unsure_.insert(outcome.unsure.begin(), outcome.unsure.end());
  for (Partition partition : outcome.settled) note_equal(partition, chunk_asked_);
  end_chunk();
}

void PeerRepair::note_equal(Partition partition, TimePoint at) {
  seen().note_equal(partition, at);
  const bool vouches = !unsure_.contains(partition) || STATOR_SEEDED_BUG(doubted_peer_vouches);
  if (!repair().keyspace.speaks_for(partition)) tools_.equal(repair().keyspace, partition, {line_.peer(), vouches, at});
  repair().trees.cool(partition);
}

void PeerRepair::end_chunk() {
  for (Partition partition : chunk_) repair().leases.release(partition, line_.peer());
  next_chunk();
}

void PeerRepair::fail(const Status& why) {
  for (Partition partition : chunk_) repair().leases.release(partition, line_.peer());
  chunk_.clear();
  note_error(why);
  end_round();
}

void PeerRepair::note_error(const Status& why) {
  round_.error = why.text();
  ++tools_.counters.errors;
}

void PeerRepair::end_round() {
  const TimePoint now = tools_.executor.now();
  busy_ = false;
  ++tools_.counters.rounds;
  last_.set(
      {line_.peer(), round_.error, tools_.executor.wall_millis(), now - round_.begun, round_.compared, round_.pulled});
  const bool unfinished = round_.left || round_.more || round_.moved > 0;
  if (unfinished || !round_.error.empty()) hurried_.insert(round_.only.begin(), round_.only.end());
  if (!std::exchange(again_, false)) {
    if (!round_.error.empty())
      return arm(doubled(kFirstFailure, failures_++, std::max<Duration>(plan_.interval, kFirstFailure)));
    failures_ = 0;
    if (!unfinished || (round_.moved == 0 && !round_.more)) {
      const Duration rest = std::max<Duration>(all_due_ - now, kAtOnce);
      if (!unfinished) return stalls_ = 0, arm(rest);
      return arm(doubled(kFirstStall, stalls_++, rest));
    }
  }
  stalls_ = 0;
  arm(kAtOnce);
}

}  // namespace stator
