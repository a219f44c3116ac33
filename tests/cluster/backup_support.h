#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/cluster/cluster.h"

namespace stator::cluster {

/// `stator backup VERB …`, at the nodes of a cluster, with --json.
ServerProcess::Command backup_command(const std::string& verb, const std::string& directory,
                                      const std::vector<std::string>& more = {});
std::string urls_of(const Cluster& cluster);
/// Takes a backup of the running cluster.
Finished create_backup(const Cluster& cluster, const std::string& directory);
Finished restore_backup(const Cluster& cluster, const std::string& directory);
Finished verify_backup(const std::string& directory);

/// A cluster of so many nodes whose storage is written by that plugin; N is `n`, R and W the majority.
ClusterPlan plan_of(std::size_t nodes, const std::string& storage_plugin, int n);

using KeyOfKeyspace = std::pair<std::string, std::string>;
/// What the files of a node that does not run, or of one in a backup, hold: records encoded, without their marks; and
/// copies that are kept for other nodes.
struct HeldRecords {
  std::map<KeyOfKeyspace, std::string> data;
  std::vector<std::pair<KeyOfKeyspace, std::string>> hints;
};
HeldRecords held_in(const std::string& data_directory);
/// All of a backup's, merged: what each holder must have after a restore.
std::map<KeyOfKeyspace, std::string> merged_in(const std::string& backup);
/// Stops the cluster and looks: each of the records, byte for byte, on exactly `n` nodes, and nothing else anywhere.
void expect_restored(Cluster& cluster, const std::map<KeyOfKeyspace, std::string>& records, std::size_t n);

}  // namespace stator::cluster
