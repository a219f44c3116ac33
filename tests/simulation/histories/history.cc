#include "tests/simulation/histories/history.h"

#include <algorithm>
#include <utility>

#include "tests/simulation/cluster.h"
#include "tests/simulation/histories/examination.h"
#include "tests/simulation/histories/fault_injector.h"
#include "tests/simulation/histories/truth_table.h"
#include "tests/simulation/histories/wire_watch.h"
#include "tests/simulation/histories/workload.h"
#include "tests/simulation/plugins.h"

namespace stator::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kSecret[] = "simulated";

ClusterOptions cluster_options(const Plan& plan, const RunOptions& run) {
  const Configuration& configuration = plan.configuration;
  ClusterOptions options{.seed = plan.seed, .nodes = configuration.nodes};
  options.rules = configuration.keyspaces.front().rules;
  for (std::size_t i = 1; i < configuration.keyspaces.size(); ++i)
    options.others.push_back(configuration.keyspaces[i].rules);
  options.setup.secret = kSecret;
  options.setup.anti_entropy.interval = configuration.repair_interval;
  options.setup.commit.longest_sync = configuration.longest_sync;
  options.setup.commit.longest_notice = configuration.longest_notice;
  options.setup.commit.acknowledges_before_the_sync = run.acknowledges_before_the_sync;
  options.setup.collect_interval = configuration.collect_interval;
  options.setup.max_clock_skew = configuration.max_clock_skew;
  options.setup.reads_may_block = run.reads_may_block;
  options.setup.resolve = lww();
  options.setup.membership = static_members;
  if (configuration.memtable) options.make_disk = make_memtable_disk;
  return options;
}

/// A run of one plan.
class History {
 public:
  History(const Plan& plan, const RunOptions& options)
      : plan_(plan),
        options_(options),
        cluster_(cluster_options(plan, options)),
        chronicle_(cluster_.scheduler(), options.trace),
        truths_(plan.configuration),
        watch_({cluster_, chronicle_, truths_, plan.configuration.max_clock_skew}),
        workload_({cluster_, chronicle_, truths_, plan.configuration, [this] { return injector_.losses_are_known(); },
                   [this] { return injector_.disks_lost(); }},
                  kSecret),
        injector_({cluster_, chronicle_, watch_, [this](std::size_t node) { harvest(node); }},
                  plan.configuration.network),
        examination_({cluster_, chronicle_, truths_, injector_, watch_, plan.configuration}, kSecret) {
    cluster_.network().set_watch([this](const std::string& from, const std::string& /*to*/, const Frame& request) {
      watch_.see(from, request);
    });
    for (std::size_t node = 0; node < cluster_.size(); ++node)
      cluster_[node].set_commit_watch([this, node](const Commit& commit) { watch_.see_commit(node, commit); });
  }

  Verdict run() {
    const TimePoint begun = cluster_.scheduler().now();
    for (std::size_t round = 0; round < plan_.configuration.rounds && !chronicle_.violation(); ++round) {
      suffer(round);
      heal();
    }
    for (std::size_t node = 0; node < cluster_.size(); ++node) harvest(node);
    Tally& tally = chronicle_.tally();
    const NetworkCounts& counts = cluster_.network().counts();
    tally.requests_sent = counts.requests;
    tally.dropped = counts.dropped;
    tally.cut_off = counts.cut_off;
    tally.duplicated = counts.duplicated;
    tally.straggled = counts.straggled;
    return {chronicle_.violation(), chronicle_.digest(), chronicle_.lines(), tally, cluster_.scheduler().now() - begun,
            longest_heal_};
  }

 private:
  // Steps are taken from their lists one by one: an event for each at once would make every event dearer.
  template <typename Step, typename Perform>
  void play(const std::vector<Step>& steps, std::size_t next, std::size_t round, Perform perform) {
    while (next < steps.size() && steps[next].round < round) ++next;
    if (next == steps.size() || steps[next].round > round) return;
    const Duration wait = round_began_ + steps[next].at - cluster_.scheduler().now();
    cluster_.scheduler().after(wait, [this, &steps, next, round, perform] {
      perform(steps[next]);
      play(steps, next + 1, round, perform);
    });
  }

  void suffer(std::size_t round) {
    round_began_ = cluster_.scheduler().now();
    injector_.begin_round();
    play(plan_.faults, 0, round, [this](const FaultStep& step) { injector_.perform(step); });
    play(plan_.requests, 0, round, [this](const RequestStep& step) { workload_.perform(step); });
    const TimePoint end = round_began_ + plan_.configuration.round;
    while (cluster_.scheduler().now() < end && !chronicle_.violation()) {
      cluster_.scheduler().run_for(milliseconds(500));
      examination_.check_bounds();
      judge_a_copy();
    }
  }

  // One key at a time, in turn, on every node.
  void judge_a_copy() {
    TruthTable::Entry& entry = truths_.entries()[looked_at_++ % truths_.entries().size()];
    for (std::size_t node = 0; node < cluster_.size(); ++node) {
      if (!cluster_[node].up()) continue;
      if (const std::optional<Record> record = cluster_.copy(node, entry.key, entry.rules->name))
        watch_.judge_held(node, entry.key, *record);
    }
  }

  void heal() {
    if (chronicle_.violation()) return;
    chronicle_.line("all faults end");
    injector_.heal();
    if (chronicle_.violation()) return;
    const TimePoint healed = cluster_.scheduler().now();
    if (!cluster_.scheduler().run_until([this] { return workload_.idle(); }, seconds(30)))
      return chronicle_.violated("a request was never answered");
    if (!examination_.await_agreement(options_.healing)) return;
    longest_heal_ = std::max(longest_heal_, cluster_.scheduler().now() - healed);
    if (!examination_.await_ends_of_lives()) return;
    examination_.judge();
    rest();
  }

  // Of equal replicas there is nothing to say but that they are: two rounds of anti-entropy, after the one under way.
  void rest() {
    const Duration round = plan_.configuration.repair_interval;
    cluster_.scheduler().run_for(round);
    const std::uint64_t before = watch_.repairs();
    cluster_.scheduler().run_for(2 * round);
    if (watch_.repairs() != before && !chronicle_.violation())
      chronicle_.violated("a healed cluster does not come to rest: replicas that are equal go on being repaired");
  }

  // What a process counted would be lost with it.
  void harvest(std::size_t node) {
    if (!cluster_[node].up()) return;
    const Node& kernel = cluster_[node].node();
    chronicle_.met(Seen::far_stamp_refused, kernel.counters().stamps_refused);
    if (kernel.counters().corrupt_dots > 0) chronicle_.violated("one dot was found with two contents");
    for (const auto& shard : kernel.shards()) {
      chronicle_.met(Seen::read_repair, shard->coordinator.read_repairs().repaired);
      chronicle_.met(Seen::hedge, shard->coordinator.hedges());
    }
    for (const auto& [target, totals] : kernel.hint_ledger().totals()) {
      chronicle_.met(Seen::hint_delivered, totals.delivered);
      chronicle_.met(Seen::hint_given_up, totals.dropped);  // no history is as long as a hint's window
    }
    chronicle_.met(Seen::copy_vouched_for, kernel.repair_counters().vouched_for);
    chronicle_.met(Seen::copy_given_up, kernel.repair_counters().given_up);
    chronicle_.met(Seen::too_old_refused, kernel.counters().outlived);
    const CollectionCounters& collections = kernel.collection_counters();
    chronicle_.met(Seen::collected, collections.collected);
    for (CollectBlock block : {CollectBlock::differs, CollectBlock::writing, CollectBlock::hint})
      chronicle_.met(Seen::collection_cancelled, collections.left[static_cast<std::size_t>(block)]);
    chronicle_.met(Seen::collection_too_young, collections.left[static_cast<std::size_t>(CollectBlock::young)]);
    for (const auto& store : kernel.stores()) chronicle_.met(Seen::failed_commit, store->unclean() ? 1 : 0);
  }

  const Plan& plan_;
  const RunOptions options_;
  Cluster cluster_;
  Chronicle chronicle_;
  TruthTable truths_;
  WireWatch watch_;
  Workload workload_;
  FaultInjector injector_;
  Examination examination_;
  TimePoint round_began_;
  Duration longest_heal_{0};
  std::size_t looked_at_ = 0;
};

}  // namespace

Verdict run_history(const Plan& plan, const RunOptions& options) {
  return std::make_unique<History>(plan, options)->run();
}

}  // namespace stator::simulation
