#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/cluster.h"
#include "tests/simulation/histories/chronicle.h"
#include "tests/simulation/histories/plan.h"
#include "tests/simulation/histories/wire_watch.h"

namespace stator::simulation {

/// Carries out a plan's faults on the cluster, ends each when its time is over, and heals everything in the end. A step
/// that finds its node down or paused already is left out. [serial]
class FaultInjector {
 public:
  struct Parts {
    Cluster& cluster;
    Chronicle& chronicle;
    WireWatch& watch;
    std::function<void(std::size_t node)> before_end;  ///< of a process, whose counters are lost with it
  };
  FaultInjector(Parts parts, const NetworkFaults& network);

  /// The network misbehaves as the configuration says.
  void begin_round();
  void perform(const FaultStep& step);
  /// Everything is up, reachable, quick and has a good disk and clock again.
  void heal();

  /// Whether all nodes whose disks were restored since the last heal have learnt of it: from then on their copies must
  /// not count in reads until they have caught up. One whose disk is empty sees it by itself.
  bool losses_are_known() const;
  /// How many disks were wiped or restored since the round began: of what was under way when it ended, too.
  std::size_t disks_lost() const { return disks_lost_; }
  /// By how much clocks were ahead since the last round began: until that has passed, what was stamped then may not be
  /// believed.
  Duration clock_debt() const { return clock_debt_; }
  /// How often each node may have forgotten something it signed.
  std::size_t breaks(std::size_t node) const { return machines_[node].breaks; }
  /// Whether commits of the node were ever made to fail; each of those is a break of its own.
  bool commits_failed(std::size_t node) const { return machines_[node].commits_failed; }
  /// What is in the machine since its disk was last lost.
  enum class DiskOrigin { own, fresh, old };
  DiskOrigin disk(std::size_t node) const { return machines_[node].disk; }
  /// The node whose disk was emptied since the round began, if one was.
  std::optional<std::size_t> emptied() const { return emptied_; }
  /// Whether something was ever changed on the node's disk behind the back of its process.
  bool tampered_with(std::size_t node) const { return machines_[node].tampered_with; }
  /// Bytes of the keyspace's hints for that target which were on the node's disk when its present life began.
  std::uint64_t hints_found(std::size_t node, const std::string& target, const std::string& keyspace) const;
  /// Whether that was in its present life: then it may have kept hints that it could not remove, until its next start.
  bool may_keep_hints(std::size_t node) const { return machines_[node].failed_in_this_life; }

 private:
  struct Machine {
    bool paused = false;
    bool disk_broken = false;
    bool disk_full = false;
    bool commits_failed = false;
    bool failed_in_this_life = false;
    bool stopped_cleanly = false;
    bool tampered_with = false;
    std::optional<std::uint64_t> damaged;  ///< a digest of what it held before
    std::size_t breaks = 0;
    DiskOrigin disk = DiskOrigin::own;
    std::map<std::string, std::map<std::string, std::uint64_t>> hints_found;  ///< bytes, by target and keyspace
  };
  void cut(const FaultStep& step);
  void spoil_network(const FaultStep& step);
  void stop_process(const FaultStep& step);
  void harm_disk(const FaultStep& step);
  void change_clock(const FaultStep& step);
  void drift(std::size_t node, std::int64_t offset, int steps_left, Duration each);
  void set_clock(std::size_t node, std::int64_t offset);
  void down(std::size_t node);
  void end_cleanly(std::size_t node);
  void copy_disk(const FaultStep& step);
  void lose_disk(const FaultStep& step);
  void damage_disk(const FaultStep& step);
  void tamper(const FaultStep& step);
  void take_disk_away(std::size_t node, DiskOrigin instead);
  std::uint64_t digest_of_data(std::size_t node);
  Status start_damaged(std::size_t node);
  void make_room(std::size_t node);
  void start(std::size_t node);
  void restart_later(const FaultStep& step);
  /// Runs `end` after `lasts`, unless all was healed before.
  void later(Duration lasts, std::function<void()> end);
  bool steady(std::size_t node) const { return parts_.cluster[node].up() && !machines_[node].paused; }

  Parts parts_;
  const NetworkFaults network_;
  std::vector<Machine> machines_;
  std::uint64_t heals_ = 0;
  std::set<std::size_t> lost_disks_;  // of those nodes
  std::optional<std::size_t> emptied_;
  std::size_t disks_lost_ = 0;
  Duration clock_debt_{0};
};

}  // namespace stator::simulation
