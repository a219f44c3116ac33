#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/coordinator/keyspace.h"
#include "kernel/node/key_report.h"
#include "stator/requests.h"

namespace stator {

/// Everything that was found out about one key, by a node that has asked every member.
struct ExplainedKey {
  struct Node {
    std::string id;
    bool primary = false;
    std::string state;    ///< as membership has it
    std::string failure;  ///< why there is no report; empty: there is one
    KeyReport report;
  };

  const Keyspace& keyspace;
  Bytes key;
  Partition partition = 0;
  std::string asked;              ///< the node that answers
  std::uint64_t wall_millis = 0;  ///< its time
  std::vector<Node> nodes;        ///< in the order of the preference list
};

/// As JSON, for /admin/explain: who should hold the key, who holds what, what is kept for whom, what a reader of all
/// replicas is shown and why, and why a removed key is still stored. Pure but for the resolver.
Page explain_page(const ExplainedKey& key);

}  // namespace stator
