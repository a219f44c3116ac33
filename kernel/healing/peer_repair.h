#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kernel/healing/leaf_repair.h"
#include "kernel/healing/repair_keyspace.h"
#include "kernel/healing/repair_line.h"
#include "kernel/healing/tree_messages.h"

namespace stator {

/// What all comparisons of one loop have in common.
struct RepairPlan {
  std::string node;  ///< this node's id
  std::vector<RepairKeyspace*> keyspaces;
  std::size_t index = 0;  ///< which of the loops this is
  std::size_t loops = 1;  ///< it compares the groups whose number is `index` modulo these
  Duration interval = std::chrono::seconds(10);
};

/// Compares this node's copies with one peer's, round after round: groups of partitions first, then the partitions of
/// groups that differ, their branches, their leaves, and there LeafRepair. Every node compares with every peer, and
/// knows from its own comparisons alone what is equal; but of two that find a difference only one repairs it, the one
/// whose turn it is for the partition, or after three intervals the other. [its loop]
class PeerRepair {
 public:
  static constexpr std::size_t kMostRepaired = 256;  ///< partitions of one keyspace in one round

  /// All outlive it.
  PeerRepair(const RepairTools& tools, const RepairPlan& plan, std::string peer, LastComparison& last);

  /// The first round begins a little later, at another moment for every pair of nodes.
  void begin();
  void end();
  /// Begins a round now, or another as soon as this one is over: of that keyspace alone, or of all if it is null. The
  /// others keep their interval.
  void hurry(const RepairKeyspace* only);
  const RepairLine& line() const { return line_; }

 private:
  struct Round {
    TimePoint begun;
    std::set<std::size_t> only;  // these keyspaces; empty: all
    std::string error;
    std::size_t compared = 0;  // partitions
    std::size_t pulled = 0;
    std::size_t moved = 0;  // records, both ways
    bool left = false;      // differences that were left alone
    bool more = false;      // differences there was no time for
  };
  using Children = std::map<std::uint32_t, std::uint64_t>;

  void arm(Duration delay);
  void start_round();
  void next_keyspace();
  void ask_groups();
  void on_groups(TimePoint asked, const std::vector<std::uint32_t>& groups, const Result<Frame>& reply);
  void compare_group(TimePoint asked, std::uint32_t group, const TreeReply& reply, const Children& roots);
  bool my_turn(Partition partition) const;
  void choose();
  void next_chunk();
  void ask_tree(TreeLevel level, std::vector<std::uint32_t> nodes);
  void on_partitions(const TreeReply& reply);
  void on_branches(const std::vector<std::uint32_t>& branches, const TreeReply& reply);
  void on_repaired(const LeafRepair::Outcome& outcome);
  void note_equal(Partition partition, TimePoint at);
  void end_chunk();
  void fail(const Status& why);
  void note_error(const Status& why);
  void end_round();

  RepairKeyspace& repair() const { return *plan_.keyspaces[keyspace_]; }
  VerifiedTable::Peer& seen() const { return repair().verified.peer(line_.peer()); }

  const RepairTools& tools_;
  const RepairPlan& plan_;
  RepairLine line_;
  LastComparison& last_;

  TimerId timer_ = 0;
  bool running_ = false;
  bool busy_ = false;              // a round is under way
  bool again_ = false;             // another shall follow at once
  std::set<std::size_t> hurried_;  // keyspaces that somebody waits for
  TimePoint all_due_{};            // when all are to be compared again
  unsigned failures_ = 0;
  unsigned stalls_ = 0;  // rounds in a row that left differences and moved nothing

  Round round_;
  std::size_t keyspace_ = 0;
  std::deque<std::uint32_t> groups_;  // to be compared
  std::vector<Partition> differing_;  // whose turn is ours
  std::deque<Partition> chosen_;
  std::vector<Partition> chunk_;
  TimePoint chunk_asked_{};                                        // when the comparison of the chunk began
  std::set<std::uint32_t> unsure_;                                 // partitions that the peer says it is in doubt of
  std::map<std::pair<std::size_t, Partition>, unsigned> writing_;  // rounds in a row that a leaf was left alone
};

}  // namespace stator
