#include "tests/simulation/histories/history.h"

#include <algorithm>
#include <utility>

#include "tests/simulation/cluster.h"
#include "tests/simulation/histories/bounds.h"
#include "tests/simulation/histories/examination.h"
#include "tests/simulation/histories/fault_injector.h"
#include "tests/simulation/histories/harvest.h"
#include "tests/simulation/histories/operation_clients.h"
#include "tests/simulation/histories/operation_table.h"
#include "tests/simulation/histories/plugin_trial.h"
#include "tests/simulation/histories/truth_table.h"
#include "tests/simulation/histories/wire_watch.h"
#include "tests/simulation/histories/workload.h"
#include "tests/simulation/plugins.h"

namespace stator::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kSecret[] = "simulated";

std::shared_ptr<const DataType> instance_of(const std::string& name, PluginTrial& trial) {
  return trial.has_datatype() ? trial.datatype() : datatype(name);
}

ClusterOptions cluster_options(const Plan& plan, const RunOptions& run, PluginTrial& trial) {
  const Configuration& configuration = plan.configuration;
  ClusterOptions options{.seed = plan.seed, .nodes = configuration.nodes};
  options.rules = configuration.keyspaces.front().rules;
  for (std::size_t i = 1; i < configuration.keyspaces.size(); ++i)
    options.others.push_back(configuration.keyspaces[i].rules);
  for (const DataTypePlan& keyspace : configuration.datatypes) {
    options.others.push_back(keyspace.rules);
    options.setup.datatypes[keyspace.rules.name] = instance_of(keyspace.datatype, trial);
  }
  options.setup.secret = kSecret;
  options.setup.anti_entropy.interval = configuration.repair_interval;
  options.setup.commit.longest_sync = configuration.longest_sync;
  options.setup.commit.longest_notice = configuration.longest_notice;
  options.setup.commit.acknowledges_before_the_sync = run.acknowledges_before_the_sync;
  options.setup.collect_interval = configuration.collect_interval;
  options.setup.max_clock_skew = configuration.max_clock_skew;
  options.setup.reads_may_block = configuration.reads_may_block;
  options.setup.reserve = configuration.reserve;
  options.setup.begin_after = configuration.begin_after;
  options.setup.scrub_period = configuration.scrub_period;
  options.setup.resolve = lww();
  options.setup.membership = static_members;
  if (configuration.memtable) options.make_disk = make_memtable_disk;
  trial.install(options);
  return options;
}

/// A run of one plan.
class History {
 public:
  History(const Plan& plan, const RunOptions& options)
      : plan_(plan),
        options_(options),
        trial_(options.tried),
        cluster_(cluster_options(plan, options, trial_)),
        chronicle_(cluster_.scheduler(), options.trace),
        truths_(plan.configuration),
        operations_(plan.configuration, [this](const std::string& name) { return instance_of(name, trial_); }),
        watch_({cluster_, chronicle_, truths_, plan.configuration.max_clock_skew}),
        workload_({cluster_, chronicle_, truths_, plan.configuration, [this] { return injector_.losses_are_known(); },
                   [this] { return injector_.disks_lost(); }},
                  kSecret),
        clients_(
            {cluster_, chronicle_, operations_, plan.configuration, [this] { return injector_.losses_are_known(); }},
            kSecret),
        injector_({cluster_, chronicle_, watch_, [this](std::size_t node) { harvest(node); }},
                  plan.configuration.network),
        bounds_({cluster_, chronicle_, truths_, injector_, plan.configuration}),
        examination_({cluster_, chronicle_, truths_, operations_, injector_, watch_, plan.configuration}, kSecret) {
    cluster_.network().set_watch([this](const std::string& from, const std::string& /*to*/, const Frame& request) {
      watch_.see(from, request);
    });
    for (std::size_t node = 0; node < cluster_.size(); ++node)
      cluster_[node].set_commit_watch([this, node](const Commit& commit) {
        watch_.see_commit(node, commit);
        clients_.see_commit(node, commit);
      });
  }

  Verdict run() {
    const TimePoint begun = cluster_.scheduler().now();
    for (std::size_t round = 0; round < plan_.configuration.rounds && !chronicle_.violation(); ++round) {
      suffer(round);
      heal();
    }
    for (std::size_t node = 0; node < cluster_.size(); ++node) {
      harvest(node);
      chronicle_.met(Seen::begun_late, cluster_[node].reached_early());
    }
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
    play(plan_.operations, 0, round, [this](const OperationStep& step) { clients_.perform(step); });
    const TimePoint end = round_began_ + plan_.configuration.round;
    while (cluster_.scheduler().now() < end && !chronicle_.violation()) {
      cluster_.scheduler().run_for(milliseconds(500));
      bounds_.judge();
      judge_a_copy();
      judge_plugin();
    }
  }

  void judge_plugin() {
    for (std::size_t node = 0; node < cluster_.size(); ++node) {
      if (cluster_[node].up()) trial_.judge(cluster_[node], injector_.commits_failed(node), chronicle_);
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
    if (!cluster_.scheduler().run_until([this] { return workload_.idle() && clients_.idle(); }, seconds(30)))
      return chronicle_.violated("a request was never answered");
    if (!examination_.await_agreement(options_.healing)) return;
    const std::optional<std::size_t> emptied = injector_.emptied();
    if (emptied && examination_.holds_anything(*emptied)) chronicle_.met(Seen::new_disk_filled);
    longest_heal_ = std::max(longest_heal_, cluster_.scheduler().now() - healed);
    if (!examination_.await_ends_of_lives()) return;
    examination_.judge();
    trial_.judge_healed(cluster_, chronicle_);
    rest();
    judge_plugin();
    bounds_.judge();
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
    trial_.judge(cluster_[node], injector_.commits_failed(node), chronicle_);
    harvest_counters(cluster_[node].node(), chronicle_);
    const ScrubCounters& scrub = cluster_[node].node().scrub().counters();
    if (scrub.differences + scrub.damage > 0 && !injector_.tampered_with(node))
      chronicle_.violated(cluster_[node].id() + " finds something changed on its disk that nobody has changed");
    if (cluster_[node].node().lives().counters().lacking == 0) return;
    const FaultInjector::DiskOrigin disk = injector_.disk(node);
    if (disk == FaultInjector::DiskOrigin::fresh) chronicle_.met(Seen::new_disk_noticed);
    if (disk == FaultInjector::DiskOrigin::old) chronicle_.met(Seen::old_disk_noticed);
    if (disk == FaultInjector::DiskOrigin::own)
      chronicle_.violated(cluster_[node].id() + " is told that it lacks something, and has lost nothing");
  }

  const Plan& plan_;
  const RunOptions options_;
  PluginTrial trial_;
  Cluster cluster_;
  Chronicle chronicle_;
  TruthTable truths_;
  OperationTable operations_;
  WireWatch watch_;
  Workload workload_;
  OperationClients clients_;
  FaultInjector injector_;
  Bounds bounds_;
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
