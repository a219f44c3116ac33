#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/ring/token.h"

namespace stator {

/// A node as far as placement cares.
struct RingNode {
  std::string id;
  std::string zone;  ///< empty: none declared, and then each node is a zone of its own
  bool operator==(const RingNode&) const = default;
};

struct RingOptions {
  int partition_bits = 12;
  int vnodes_per_node = 128;
};

/// One entry of a preference list.
struct Preference {
  std::size_t node = 0;  ///< index into Ring::nodes()
  bool primary = false;  ///< one of the N; otherwise a fallback, in the order in which they stand in
  bool operator==(const Preference&) const = default;
};

/// Who holds what: a pure function of the nodes' ids and zones. Each node has `vnodes_per_node` tokens; a partition
/// belongs to the first N distinct nodes clockwise from its first token, N distinct zones first when there are as many.
/// A value; immutable. (DeCandia et al.: "Dynamo", 2007, sections 4.2 and 6.2, strategy 3.)
class Ring {
 public:
  struct VirtualNode {
    Token token = 0;
    std::size_t node = 0;
  };

  Ring() = default;
  /// Nodes in any order; ids must differ.
  Ring(std::vector<RingNode> nodes, RingOptions options);

  /// Ascending by id.
  const std::vector<RingNode>& nodes() const { return nodes_; }
  /// Ascending by token.
  const std::vector<VirtualNode>& tokens() const { return tokens_; }
  const RingOptions& options() const { return options_; }
  std::size_t partitions() const { return std::size_t{1} << options_.partition_bits; }

  /// The first n entries are primaries (fewer, if there are fewer nodes), all other nodes follow as fallbacks.
  std::vector<Preference> preference_list(Partition partition, std::size_t n) const;
  /// How many partitions have this node among their first n.
  std::size_t partitions_owned(std::size_t node, std::size_t n) const;
  /// Equal for equal placement, whoever computed it.
  std::uint64_t fingerprint() const { return fingerprint_; }

 private:
  std::vector<std::size_t> clockwise(Partition partition) const;

  RingOptions options_;
  std::vector<RingNode> nodes_;
  std::vector<VirtualNode> tokens_;
  std::uint64_t fingerprint_ = 0;
};

}  // namespace stator
