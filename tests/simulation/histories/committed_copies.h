#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <utility>

#include "kernel/causality/copy.h"
#include "tests/simulation/cluster.h"

namespace stator::simulation {

/// What copies become by the commits that are seen of them, whole: of a large one a commit holds the head, and of its
/// rows those that change. [serial]
class CommittedCopies {
 public:
  explicit CommittedCopies(Cluster& cluster) : cluster_(cluster) {}

  /// Is told of every commit of the keys that it is asked for.
  void see(std::size_t node, const Commit& commit);
  /// The copy that the node stores, of the commit that was seen last. data_loss if it cannot be decoded; unavailable if
  /// the head fits neither the rows that were handed over nor those that are stored, which may have been tampered with:
  /// others judge that.
  Result<Copy> copy(std::size_t node, const Commit& commit);

 private:
  using Rows = std::map<Bytes, Bytes>;

  Rows stored(std::size_t node, const Bytes& prefix);

  Cluster& cluster_;
  std::map<std::pair<std::size_t, Bytes>, Rows> rows_;  // by node and storage key
};

/// Whether a stored copy, of either form, has a mark.
bool is_marked(BytesView stored);

}  // namespace stator::simulation
