#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernel/plugins/guards.h"
#include "tests/simulation/cluster.h"
#include "tests/simulation/files_disk.h"
#include "tests/simulation/histories/chronicle.h"
#include "tests/simulation/histories/tried_plugin.h"

namespace stator::simulation {

class MembershipTrial;

/// A plugin's part in one history: puts it into the nodes, asks it what it must not answer otherwise, and tells the
/// chronicle what it did wrong. Outlives the cluster. [one thread]
class PluginTrial {
 public:
  /// Null: nobody is on trial, and nothing is done. Outlives the trial.
  explicit PluginTrial(const TriedPlugin* tried);
  ~PluginTrial();
  PluginTrial(const PluginTrial&) = delete;
  PluginTrial& operator=(const PluginTrial&) = delete;

  void install(ClusterOptions& options);
  bool has_datatype() const { return tried_ != nullptr && tried_->is("datatype"); }
  /// A new instance of the data type on trial; null, which is a finding, if it cannot be made. Lives as long as this.
  std::shared_ptr<const DataType> datatype();
  /// What became of it on a node that is up. `harmed`: writes of the node were made to fail.
  void judge(SimNode& node, bool harmed, Chronicle& chronicle);
  /// All is up and reachable: within a bounded time, all nodes say the same of each other.
  void judge_healed(Cluster& cluster, Chronicle& chronicle);

 private:
  void wrong(const std::string& what) {
    if (!finding_) finding_ = what;
  }
  void install_resolver(ClusterOptions& options);
  void install_storage(ClusterOptions& options);
  Result<Resolution> resolve(BytesView key, std::span<const Version> siblings);
  Host& host();

  const TriedPlugin* tried_;
  std::optional<std::string> finding_;  ///< the first
  std::uint64_t digest_ = 0;            ///< of its answers
  std::vector<std::unique_ptr<testing::ModelledDisk>> disks_;
  std::vector<std::unique_ptr<Process>> processes_;  ///< one for each instance that is not a node's
  std::vector<std::unique_ptr<ResolverGuard>> resolvers_;
  std::size_t asked_ = 0;
  std::map<Bytes, Bytes> answers_;  ///< of the resolvers, by key and siblings
  std::vector<std::shared_ptr<const DataTypeGuard>> datatypes_;
  std::unique_ptr<MembershipTrial> memberships_;
};

}  // namespace stator::simulation
