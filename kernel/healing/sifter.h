#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kernel/healing/repair_counters.h"
#include "kernel/healing/repair_keyspace.h"
#include "kernel/healing/vouch_count.h"
#include "kernel/healing/vouch_messages.h"
#include "kernel/replica/replica.h"
#include "kernel/seams/executor.h"
#include "kernel/seams/peer_links.h"

namespace stator {

/// Goes through one loop's suspect copies (see Suspicion) before this node catches up: asks the other replicas whether
/// they know each, and gives up what they do not. Partition by partition, a few keys at a time, and those again that a
/// silent peer left undecided. See docs/decisions, 2026-11-25. [its loop]
class Sifter {
 public:
  struct Parts {
    Executor& executor;
    Replica& replica;
    PeerLinks& links;
    RepairCounters& counters;
    std::function<void()> sifted;  ///< nothing of this loop's is suspect any more
  };
  struct Options {
    std::string node;                        ///< this node's id
    std::function<bool(Partition)> mine;     ///< whether the loop owns the partition
    std::vector<RepairKeyspace*> keyspaces;  ///< of this node
  };

  /// All that is named outlives it.
  Sifter(Parts parts, Options options) : parts_(std::move(parts)), options_(std::move(options)) {}

  /// There is something to be sifted.
  void begin();
  void end();

 private:
  RepairKeyspace& repair() const { return *options_.keyspaces[keyspace_]; }
  KeyAddress address(const Bytes& key) const;
  void begin_pass();
  void next_partition();
  void next_batch();
  void find_batch();
  void find_read();
  void ask();
  void ask_read();
  void answered(const std::string& peer, const std::vector<std::size_t>& asked, const Result<Frame>& reply);
  void judge();
  void give_up(const Bytes& key);
  void end_batch();
  void leave_partition();

  const Parts parts_;
  const Options options_;
  bool working_ = false;
  bool again_ = false;      // more came in this pass, perhaps where it had been
  bool undecided_ = false;  // this pass has left partitions for the next
  bool ended_ = false;
  std::size_t room_ = 0;  // in this turn
  TimerId timer_ = 0;
  // Where it is.
  std::size_t keyspace_ = 0;
  std::size_t partition_ = 0;
  Bytes from_;                 // the batch begins at this key
  std::optional<Bytes> next_;  // and the one after it at this; none: it is the last
  // The batch.
  std::vector<Bytes> keys_;
  std::optional<VouchCount> count_;
  std::set<std::string> silent_;  // did not answer in this pass
  std::size_t leaving_ = 0;
  bool failed_ = false;
};

}  // namespace stator
