#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernel/coordinator/peer_messages.h"
#include "kernel/healing/collect_messages.h"
#include "kernel/node/node.h"
#include "stator/bytes.h"
#include "stator/status.h"
#include "stator/task.h"

namespace stator {

/// Which key is asked about.
struct KeyQuestion {
  std::string keyspace;
  Bytes key;
};

/// What one node has of one key: its copy as it is durable, and what it keeps of it for others. A value;
/// proto/stator/v1/explain.proto is how it travels.
struct KeyReport {
  struct Hint {
    std::string target;
    bool by_reference = false;  ///< the target missed this node's own copy; else a copy that stands in for the target's
    std::uint64_t digest = 0;   ///< of that copy
    bool operator==(const Hint&) const = default;
  };

  struct Leaf {
    bool built = false;   ///< the partition's hash tree says what is stored
    unsigned number = 0;  ///< of the partition's 64
    std::uint64_t hash = 0;
    bool operator==(const Leaf&) const = default;
  };
  struct Comparison {
    std::string peer;
    std::optional<std::chrono::milliseconds> equal_for;  ///< since the partition was found equal; absent: never yet
    bool differs = false;                                ///< it is known to differ
    bool operator==(const Comparison&) const = default;
  };

  std::uint64_t digest = 0;  ///< 0: no copy
  Bytes record;              ///< encoded
  bool marked = false;       ///< it may go on counting under its epoch
  std::vector<Hint> hints;
  std::vector<std::string> partition_hints_for;  ///< targets of hints of any key of the partition, in its storage
  Leaf leaf;                                     ///< of the key, in anti-entropy
  std::vector<Comparison>
      comparisons;  ///< of its partition, with every other replica; none on a node that is no replica
  CollectBlock last_round = CollectBlock::none;  ///< why the last collection this node coordinated left the key
  bool operator==(const KeyReport&) const = default;
};

/// This node's own, to `done` on the same loop: inside the call, unless the storage's reads may block. [the loop of the
/// key's partition]
void report_key(const Node& node, const Keyspace& keyspace, Bytes key, UniqueFunction<void(Result<KeyReport>)> done);

Frame encode_key_question(const KeyQuestion& question, const PeerRequestHead& head, TimePoint now);
Result<KeyQuestion> decode_key_question(BytesView message);
Frame encode_key_report(const KeyReport& report);
/// The report in a reply, or the failure that the other side told of.
Result<KeyReport> decode_key_report(BytesView frame);

}  // namespace stator
