#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "kernel/causality/head.h"
#include "kernel/replica/rows.h"
#include "kernel/replica/storage_keys.h"
#include "tests/simulation/cluster.h"

/// Copies of so many versions that they are stored as a head and rows.
namespace stator::simulation {

/// Items with the dots `first` and on, of somebody who is no node of the cluster; written about now.
inline Record items(Cluster& cluster, std::uint64_t count, std::uint64_t first = 1, const Bytes& value = "value") {
  Record record;
  const Stamp now = cluster[0].node().stamps().now();
  for (std::uint64_t i = first; i < first + count; ++i) {
    Version version;
    version.dot = {{"elsewhere", Stamp{1}}, i};
    version.stamp = {now.bits - (std::uint64_t{1000} << 16) + i};
    version.value = encode_item("field-" + std::to_string(i), value);
    record.versions.push_back(version);
  }
  for (std::uint64_t i = 1; i < first + count; ++i) record.context.add({{"elsewhere", Stamp{1}}, i});
  return record;
}

/// The record reaches that node, and no other.
inline void arrive(Cluster& cluster, std::size_t node, const Bytes& key, const Record& record,
                   const std::string& keyspace = "default") {
  Node& kernel = cluster[node].node();
  const Keyspace& of = *kernel.keyspace(keyspace);
  const Partition partition = kernel.partition_of_key(of, key);
  kernel.shard_of(partition).replica.merge(
      {*of.store, partition, of.id, key}, {record, kernel.stamps().birth()},
      [](const Result<std::uint64_t>& merged) { EXPECT_TRUE(merged.is_ok()) << merged.status().text(); });
}

inline Storage& storage_of(Cluster& cluster, std::size_t node) {
  return cluster[node].node().stores().front()->storage();
}

/// Where the head of a key is.
inline Bytes head_of_key(Cluster& cluster, const Bytes& key) {
  const Keyspace& of = *cluster[0].node().keyspace("default");
  return data_key(cluster[0].node().partition_of_key(of, key), of.id, key);
}

/// Its rows on a node, by where they are.
inline RowChanges rows_of_key(Cluster& cluster, std::size_t node, const Bytes& key) {
  const Keyspace& of = *cluster[0].node().keyspace("default");
  const Bytes prefix = rows_prefix(cluster[0].node().partition_of_key(of, key), of.id, key);
  RowChanges rows;
  if (ReadWatch* watch = cluster[node].read_watch()) watch->watch(false);
  EXPECT_TRUE(storage_of(cluster, node)
                  .scan(prefix, prefix_end(prefix),
                        [&rows](BytesView at, BytesView row) { return rows.emplace(at, row), true; })
                  .is_ok());
  if (ReadWatch* watch = cluster[node].read_watch()) watch->watch(true);
  return rows;
}

}  // namespace stator::simulation
