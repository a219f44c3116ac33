#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "kernel/healing/repair_keyspace.h"
#include "kernel/healing/repair_line.h"
#include "kernel/healing/tree_messages.h"

namespace stator {

/// Makes two replicas' copies equal in leaves that differ: compares what both have there, fetches and merges what this
/// node lacks, sends what the peer lacks; whole records both ways, merged by each side for itself. A leaf in which a
/// write is just on its way is left alone if its task is patient, else only what is on its way is; an eager one leaves
/// nothing. Shared by the answers it waits for. [its loop]
class LeafRepair : public std::enable_shared_from_this<LeafRepair> {
 public:
  struct Task {
    std::uint32_t leaf = 0;
    bool patient = true;
    bool eager = false;      ///< what is on its way is a difference too: this node may have lost it
    std::uint64_t from = 0;  ///< entries with hashes of at least this
  };
  struct Outcome {
    Status status;
    Status alone;  ///< what is wrong with a single key's copy, here or there: it is left as it is, the others are not
    std::size_t pulled = 0;
    std::size_t pushed = 0;
    std::set<Partition> busy;     ///< another peer is repairing them over there
    std::set<Partition> writing;  ///< left alone for now
    std::set<Partition> settled;  ///< nothing differed but what is on its way
    std::set<Partition> unsure;   ///< the peer is in doubt of them
  };
  using Done = UniqueFunction<void(Outcome)>;

  /// Tools, line and keyspace outlive it.
  LeafRepair(const RepairTools& tools, RepairLine& line, RepairKeyspace& repair, std::vector<Task> tasks, Done done);
  /// `done` comes once, never inside the call. After a failure whatever was under way is not told of.
  void start() { next_batch(); }

 private:
  struct Own {
    Bytes key;
    Stamp newest;
  };
  struct Leaf {
    Task task;
    std::map<std::uint64_t, Own> own;       // by entry hash
    std::map<std::uint64_t, Stamp> theirs;  // the same, with the newest stamp
    std::uint64_t next = 0;
  };
  struct Push {
    Partition partition = 0;
    Bytes key;
  };

  void next_batch();
  void on_entries(const Result<Frame>& reply);
  void scan_own(std::size_t partition_index);
  void compare();
  void compare_leaf(Leaf& leaf);
  bool drop_young(Leaf& leaf);
  void fetch();
  void on_records(Stamp born, const Result<Frame>& reply);
  void on_merged(Push at, std::uint64_t fetched, const Result<std::uint64_t>& merged);
  void push();
  void push_one(const Push& item);
  void on_pushed(const Push& item, std::uint64_t sent, const Result<Frame>& reply);
  void fetch_back(const Push& item);
  void merge(Push at, BytesView record, Stamp born);
  void step_done();
  bool young(Stamp stamp) const;
  void note_alone(const Status& why);
  void fail(Status why);
  void finish();

  const RepairTools& tools_;
  RepairLine& line_;
  RepairKeyspace& repair_;
  std::deque<Task> tasks_;
  Done done_;
  Outcome outcome_;
  std::set<Partition> repaired_;
  // The batch under way.
  std::map<std::uint32_t, Leaf> leaves_;
  std::vector<Partition> partitions_;
  std::deque<LeafQuestion> wanted_;
  std::map<Bytes, Push> unless_fetched_;  // ours that the peer lacks, unless its copy of the key is fetched first
  std::deque<Push> pushes_;
  std::size_t under_way_ = 0;
  bool fetching_ = false;
};

}  // namespace stator
