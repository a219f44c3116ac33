#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace stator {

enum class Decision {
  pending,     ///< more answers are needed
  reached,     ///< the request has what it asked for
  impossible,  ///< too many replicas failed
};

/// Asks a node to keep the record: as its own copy when it is the target itself, else as a hint for the target.
struct WriteAction {
  std::size_t node = 0;
  std::size_t target = 0;
  bool operator==(const WriteAction&) const = default;
};

/// The nodes of one write, by index. `coordinator` holds the record itself and is asked nothing: it is a primary, or a
/// standby that stands in for the first one.
struct WriteNodes {
  std::vector<std::size_t> primaries;
  std::vector<std::size_t> standbys;  ///< in the order in which they stand in; none in a strict keyspace
  std::vector<std::size_t> down;      ///< primaries that seem down: stood in for at once
  std::size_t coordinator = SIZE_MAX;
};

/// Decides a put: asks the primaries, has the next standby stand in for one that failed or is late, and counts.
/// A primary counts once, whether it answered itself, its standby did, or both; a standby stands in for one primary of
/// a write at most, so what is counted are distinct nodes. A duplicated answer is one answer. Pure. (DeCandia et al.:
/// "Dynamo", 2007, section 4.6.)
class WriteQuorum {
 public:
  WriteQuorum(WriteNodes nodes, std::size_t required);
  /// Strict, and everybody was asked.
  WriteQuorum(std::vector<std::size_t> replicas, std::size_t required)
      : WriteQuorum(WriteNodes{std::move(replicas), {}, {}}, required) {}

  /// What to ask now; empty if nothing new. Each action is given once.
  std::vector<WriteAction> next_actions();
  /// The node has synced what it was asked to keep.
  void add_ack(std::size_t node) { add(node, Answer::ack); }
  void add_failure(std::size_t node) { add(node, Answer::failure); }
  /// A failure for want of disk space.
  void add_full(std::size_t node) { add(node, Answer::full); }
  /// Time is short: primaries that have not answered are stood in for.
  void late() { late_ = true; }

  std::size_t acked() const;
  std::size_t required() const { return required_; }
  /// Whether everybody asked has answered, one way or the other.
  bool complete() const;
  Decision decision() const;
  /// Whether the write might have its quorum if only those acknowledged that have no room: what stands in its way is
  /// nothing else.
  bool lacks_room_alone() const;
  /// Primaries for which neither they nor a standby have acknowledged. Once complete() each is due a hint at the
  /// coordinator.
  std::vector<std::size_t> missing() const;

 private:
  enum class Answer : std::uint8_t { none, ack, failure, full };
  struct Ask {
    std::size_t node;
    std::size_t place;  // of the primary it is for, in primaries
    bool sent = false;
    Answer answer = Answer::none;
  };

  void add(std::size_t node, Answer answer);
  bool has(std::size_t place, Answer answer) const;
  bool wants_standby(std::size_t place) const;
  void stand_in(std::size_t place);

  WriteNodes nodes_;
  std::size_t required_;
  bool late_ = false;
  std::vector<Ask> asks_;
};

}  // namespace stator
