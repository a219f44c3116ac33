#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stator/testing/modelled_files.h"
#include "tests/simulation/cluster.h"
#include "tests/simulation/histories/tried_plugin.h"

namespace stator::simulation {

/// A membership plugin in every node of one history, and what holds for it. On the disk it is given, the file
/// `/cluster/members` names the nodes, one id a line, for those that watch one. Outlives the cluster. [one thread]
class MembershipTrial {
 public:
  explicit MembershipTrial(const TriedPlugin& tried) : tried_(tried) {}
  ~MembershipTrial();
  MembershipTrial(const MembershipTrial&) = delete;
  MembershipTrial& operator=(const MembershipTrial&) = delete;

  void install(ClusterOptions& options);
  /// What is wrong on a node that is up, or nothing.
  std::optional<std::string> judge(SimNode& node);
  /// Time passes until every node says of every other that it is alive; what one says still, if they do not come to it.
  std::optional<std::string> await_agreement(Cluster& cluster);

 private:
  class Hosted;
  std::optional<std::string> disagreement(Cluster& cluster);

  const TriedPlugin& tried_;
  std::map<std::string, std::unique_ptr<testing::ModelledDisk>> disks_;  ///< by node
  std::map<std::string, std::map<std::string, std::uint64_t>>
      incarnations_;                    ///< of members, as each node had them last
  std::optional<std::string> finding_;  ///< of one that has ended
};

}  // namespace stator::simulation
