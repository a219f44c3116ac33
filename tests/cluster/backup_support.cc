#include "tests/cluster/backup_support.h"

#include <signal.h>

#include <filesystem>

#include "cli/backup/records.h"
#include "kernel/causality/record_codec.h"
#include "kernel/node/storage_examination.h"

namespace stator::cluster {

ServerProcess::Command backup_command(const std::string& verb, const std::string& directory,
                                      const std::vector<std::string>& more) {
  ServerProcess::Command command{STATOR, {"backup", verb, directory, "--json"}, {}, {}, {}};
  command.arguments.insert(command.arguments.end(), more.begin(), more.end());
  return command;
}

std::string urls_of(const Cluster& cluster) {
  std::string urls;
  for (std::size_t node = 0; node < cluster.size(); ++node)
    urls += (urls.empty() ? "http://" : ",http://") + cluster.address(node, "http");
  return urls;
}

Finished create_backup(const Cluster& cluster, const std::string& directory) {
  return run(backup_command("create", directory, {"--url", urls_of(cluster)}));
}

Finished restore_backup(const Cluster& cluster, const std::string& directory) {
  return run(backup_command("restore", directory, {"--url", urls_of(cluster)}));
}

Finished verify_backup(const std::string& directory) { return run(backup_command("verify", directory)); }

ClusterPlan plan_of(std::size_t nodes, const std::string& storage_plugin, int n) {
  ClusterPlan plan;
  plan.nodes.clear();
  for (std::size_t i = 0; i < nodes; ++i) plan.nodes.push_back(std::string("node-") + static_cast<char>('a' + i));
  std::string tables = kOrdinaryTables;
  const auto replace = [&](const std::string& from, const std::string& to) {
    tables.replace(tables.find(from), from.size(), to);
  };
  if (storage_plugin != "memtable") {
    replace("segment_bytes = \"1MiB\"\n", "");
    replace("snapshot_after_bytes = \"4MiB\"\n", "");
    replace("plugin = \"memtable\"", "plugin = \"" + storage_plugin + "\"");
  }
  const std::string majority = std::to_string(n / 2 + 1);
  replace("n = 3\nr = 2\nw = 2\n", "n = " + std::to_string(n) + "\nr = " + majority + "\nw = " + majority + "\n");
  plan.tables = tables + "\n[keyspace.carts]\nresolver = \"lww\"\nstorage = \"fast\"\nmembership = \"main\"\n" +
                "transports = [\"http\"]\nn = " + std::to_string(n) + "\nr = " + majority + "\nw = " + majority +
                "\n\n[healing]\nrepair_interval = \"1s\"\n";
  return plan;
}

HeldRecords held_in(const std::string& data_directory) {
  HeldRecords held;
  Loader loader({kPlugins});
  const StorageTools tools{loader, [](LogLevel, std::string_view) {}};
  cli::RecordReader reader([&held](const cli::RecordReader::Found& found) {
    KeyOfKeyspace key{found.keyspace, std::string(found.key)};
    if (found.hint) return held.hints.emplace_back(std::move(key), found.record), void();
    held.data[std::move(key)] = found.record;
  });
  const Result<std::vector<Path>> stores = stores_in(data_directory);
  EXPECT_TRUE(stores.is_ok()) << stores.status().text();
  if (!stores.is_ok()) return held;
  for (const Path& store : *stores) {
    const Result<StoreExamination> examined =
        examine_store(tools, store, [&](BytesView key, BytesView value) { reader.entry(key, value); });
    EXPECT_TRUE(examined.is_ok() && examined->sound()) << examined.status().text();
  }
  EXPECT_TRUE(reader.status().is_ok()) << reader.status().text();
  return held;
}

std::map<KeyOfKeyspace, std::string> merged_in(const std::string& backup) {
  std::map<KeyOfKeyspace, Record> records;
  const auto take = [&](const KeyOfKeyspace& key, const std::string& record) {
    records[key] = merge(records[key], *decode_record(record));
  };
  for (const auto& node : std::filesystem::directory_iterator(backup)) {
    if (!node.is_directory()) continue;
    const HeldRecords held = held_in(node.path().string());
    for (const auto& [key, record] : held.data) take(key, record);
    for (const auto& [key, record] : held.hints) take(key, record);
  }
  std::map<KeyOfKeyspace, std::string> merged;
  for (const auto& [key, record] : records) merged[key] = encode_record(record);
  return merged;
}

void expect_restored(Cluster& cluster, const std::map<KeyOfKeyspace, std::string>& records, std::size_t n) {
  std::map<KeyOfKeyspace, std::size_t> holders;
  for (std::size_t node = 0; node < cluster.size(); ++node) {
    cluster.process(node).signal(SIGTERM);
    ASSERT_EQ(cluster.process(node).wait_exit(), 0) << cluster.process(node).errors();
  }
  for (std::size_t node = 0; node < cluster.size(); ++node) {
    const HeldRecords held = held_in(cluster.data_directory(node));
    EXPECT_TRUE(held.hints.empty());
    for (const auto& [key, record] : held.data) {
      ++holders[key];
      const auto expected = records.find(key);
      ASSERT_NE(expected, records.end()) << key.second << " was never in the backup";
      EXPECT_TRUE(record == expected->second) << key.second << " differs on " << cluster.name(node);
    }
  }
  EXPECT_EQ(holders.size(), records.size());
  for (const auto& [key, count] : holders) EXPECT_EQ(count, n) << key.second;
}

}  // namespace stator::cluster
