#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernel/coordinator/context_token.h"
#include "kernel/coordinator/hedge_budget.h"
#include "kernel/coordinator/keyspace.h"
#include "kernel/healing/hint_store.h"
#include "kernel/replica/backlog.h"
#include "kernel/replica/replica.h"
#include "kernel/seams/executor.h"
#include "kernel/seams/peer_links.h"
#include "stator/requests.h"

namespace stator {

/// What a coordinator has sent after reads to replicas that were found stale.
struct ReadRepairs {
  std::atomic<std::uint64_t> repaired{0};  ///< this node's own copies too
  std::atomic<std::uint64_t> bytes{0};     ///< sent to others
  std::atomic<std::uint64_t> left{0};      ///< to anti-entropy: too many were under way
};

/// Deltas that a coordinator has sent in place of whole records.
struct DeltaCounters {
  std::atomic<std::uint64_t> sent{0};
  std::atomic<std::uint64_t> lacking_base{0};  ///< of these, to who needed the whole record then
};

/// Carries out the requests of the keys of one loop: signs and replicates writes, asks replicas for reads. Quorum
/// decisions are quorum/'s; this owns timers and messages. Writes of a key go to the coordinator of the loop that owns
/// it; reads, which touch only what is durable, to that of any loop. [its loop]
class Coordinator {
 public:
  using PutDone = UniqueFunction<void(Outcome<PutResult>)>;
  using GetDone = UniqueFunction<void(Outcome<GetResult>)>;

  /// Merges a repaired record into this node's own copy, on the loop that owns the key.
  using RepairOwn = std::function<void(Keyspace&, Partition, Bytes key, Replica::Arrival merged)>;

  struct Parts {
    Executor& executor;
    Replica& replica;
    PeerLinks& links;
    const ContextTokens& tokens;
    Stamps& stamps;
    RepairOwn repair_own;
    HintStore& hints;
  };
  struct Options {
    std::string node;                   ///< this node's id
    std::size_t max_in_flight = 16384;  ///< requests; above it they are refused at once
    std::chrono::milliseconds max_clock_skew{10'000};
    std::function<bool(const std::string& node)> takes_deltas = {};  ///< null: none does
  };

  Coordinator(Parts parts, Options options);

  /// `done` runs on this loop, once, never inside the call, and at the latest soon after the deadline. A node that
  /// holds no replica of the key forwards the write once; `forwarded` says that this is that second hop. So does one
  /// whose disk has no room for it, to each in turn until one has room. While all primaries seem down and the keyspace
  /// is sloppy, the first reachable fallback coordinates.
  void put(Keyspace& keyspace, PutRequest request, bool forwarded, PutDone done);
  void get(Keyspace& keyspace, GetRequest request, GetDone done);

  std::size_t in_flight() const { return in_flight_; }
  /// So many that what can be done later should be: three quarters of what is admitted, and then until half of that.
  bool is_loaded() {
    return loaded_ = is_too_much(in_flight_, std::max<std::size_t>(1, options_.max_in_flight * 3 / 4), loaded_);
  }
  /// What reads have repaired. [any-thread]
  const ReadRepairs& read_repairs() const { return read_repairs_; }
  const DeltaCounters& deltas() const { return deltas_; }  ///< [any-thread]
  std::size_t repairs_under_way() const { return repairs_under_way_; }
  std::uint64_t hedges() const { return hedge_budget_.spent(); }

 private:
  friend class PutOperation;
  friend class GetOperation;
  friend class FetchOperation;

  /// Whom a read asks, in that order.
  struct ReadNodes {
    std::vector<std::string> ids;
    std::vector<std::size_t> standbys;  ///< places there of those that answer in the place of primaries
  };
  ReadNodes nodes_to_ask(const Keyspace& keyspace, const Placement& placement, Partition partition) const;
  Status admit(const Keyspace& keyspace, RequestHead& head) const;
  Status admit_write(const Keyspace& keyspace, PutRequest& request) const;
  /// Whom a node that does not sign leaves the write to, in the order in which they are asked; never empty. It is one
  /// of them if it may stand in for a primary, or is one itself: after the primaries that seem reachable.
  std::vector<std::string> coordinators_of(const Keyspace& keyspace, const Placement& placement, Partition partition,
                                           bool removal) const;
  void forward_put(Keyspace& keyspace, std::vector<std::string> nodes, PutRequest request, PutDone done);
  Result<WriteIntent> intent_of(const Keyspace& keyspace, PutRequest& request) const;
  /// Refuses a context that names an epoch nobody can have minted yet.
  Status check_future(const Context& context) const;
  template <typename Done>
  Done counted(Done done);
  template <typename Done>
  void fail(Done done, Failure failure) {
    parts_.executor.post(
        [done = std::move(done), failure = std::move(failure)]() mutable { done(std::move(failure)); });
  }

  Parts parts_;
  const Options options_;
  HedgeBudget hedge_budget_;
  std::size_t in_flight_ = 0;
  bool loaded_ = false;
  ReadRepairs read_repairs_;
  DeltaCounters deltas_;
  std::size_t repairs_under_way_ = 0;
};

}  // namespace stator
