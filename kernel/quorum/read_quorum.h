#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "kernel/causality/record.h"
#include "kernel/quorum/write_quorum.h"

namespace stator {

/// What a read asks a replica for.
struct ReadAction {
  enum class Want { record, digest };
  std::size_t node = 0;
  Want want = Want::record;
  bool operator==(const ReadAction&) const = default;
};

/// What a replica says it holds. `digest` 0: no record.
struct ReplicaAnswer {
  std::uint64_t digest = 0;
  std::optional<Record> record;  ///< absent: only the digest was asked for, or there is none
};

/// Decides a get: one replica is asked for its record and r-1 others for digests; where digests differ the records
/// behind them are fetched and merged. Repairs come out as values. Pure: it sends nothing and knows no time.
///
/// A replica counts when its record, or a digest equal to that of a record we hold, is known. One that failed is
/// replaced by the next in order; its earlier digest does not count, since nobody can say what was behind it.
/// A standby answers for primaries that do not, from its hints. That standbys alone hold nothing says nothing: then a
/// primary must answer too.
class ReadQuorum {
 public:
  /// `replicas`: the holders' node indices, the one to ask first in front. Of fewer than r of them it is impossible.
  /// `standbys`: those among them that are no primaries.
  ReadQuorum(const std::vector<std::size_t>& replicas, std::size_t required,
             const std::vector<std::size_t>& standbys = {});

  /// What to ask now; empty if nothing new. Each action is given once.
  std::vector<ReadAction> next_actions();
  void add(std::size_t node, ReplicaAnswer answer);
  void add_failure(std::size_t node);
  /// An answer is late: one more replica may be asked, for its record if none is known yet. No effect when there is
  /// none left.
  void hedge();

  Decision decision() const;
  std::size_t required() const { return required_; }
  /// Replicas whose state is known in full.
  std::size_t acked() const;

  /// What the replicas know together. Only once decision() is reached; nullopt if none holds the key.
  const std::optional<Record>& merged() const { return merged_; }
  /// Primaries that answered and hold something else than merged(): send it to them. Only once decision() is reached.
  std::vector<std::size_t> stale() const;

 private:
  struct Replica {
    enum class State { idle, asked_digest, asked_record, digest, known, failed };
    std::size_t node;
    bool standby = false;
    State state = State::idle;
    std::uint64_t digest = 0;
  };

  Replica* find(std::size_t node);
  bool informed() const;
  bool holds_digest(std::uint64_t digest) const;
  void absorb(Replica& replica, std::optional<Record> record);
  std::size_t in_state(std::initializer_list<Replica::State> states) const;
  void ask(Replica& replica, ReadAction::Want want, std::vector<ReadAction>& actions);
  void ask_more(std::vector<ReadAction>& actions);
  void fetch_differing(std::vector<ReadAction>& actions);

  std::vector<Replica> replicas_;
  std::size_t required_;
  std::size_t wanted_;               // how many replicas to keep in play: r, and one more per hedge
  bool have_record_ = false;         // some replica's state is known in full
  std::vector<std::uint64_t> seen_;  // digests whose records are in merged_; 0 for "none"
  std::optional<Record> merged_;
  std::optional<std::uint64_t> merged_digest_;  // known while merged_ is one replica's record
};

}  // namespace stator
