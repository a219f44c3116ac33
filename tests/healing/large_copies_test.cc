#include "tests/healing/large_copies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "kernel/causality/record_codec.h"
#include "kernel/healing/leaf_answer.h"
#include "kernel/node/store_meta.h"
#include "tests/healing/collecting_cluster.h"
#include "tests/healing/repairs.h"
#include "tests/simulation/seeds.h"

// What heals copies, where these are heads and rows.

namespace stator::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(LargeCopies, TellOfThemselvesInEitherForm) {
  Cluster cluster({});
  Copy copy{items(cluster, 80), {}};
  copy.record.context.add({{"node-b", cluster[0].node().stamps().now()}, 3});
  const Bytes whole = encode_copy(copy);
  const Bytes head = encode_head(head_of(copy));
  EXPECT_EQ(newest_stamp(head), cluster[0].node().stamps().now());
  EXPECT_EQ(newest_stamp(head), newest_stamp(whole));
  EXPECT_EQ(*stored_context(head), copy.record.context);
  EXPECT_EQ(*stored_context(whole), copy.record.context);
  EXPECT_EQ(stored_digest(head), stored_digest(whole));
  copy.record.context = items(cluster, 80).context;
  EXPECT_EQ(newest_stamp(encode_head(head_of(copy))), copy.record.versions.back().stamp);
  EXPECT_EQ(newest_stamp(head.substr(0, 20)), Stamp());
  EXPECT_EQ(stored_context(head.substr(0, 20)).status().code(), Code::data_loss);
}

void expect_no_loop_waited(Cluster& cluster) {
  for (std::size_t node = 0; node < cluster.size(); ++node) {
    const ReadWatch* watch = cluster[node].read_watch();
    if (watch == nullptr) continue;
    EXPECT_EQ(watch->waits(), 0U) << "for space " << static_cast<int>(watch->first().empty() ? 0 : watch->first()[0]);
  }
}

TEST(LargeCopies, AreBroughtToWhoLacksThemAndMergedWithWhatIsThere) {
  for (const bool reads_may_block : {false, true}) {
    ClusterOptions options = repairing();
    options.setup.reads_may_block = reads_may_block;
    Cluster cluster(std::move(options));
    settle(cluster);
    const std::vector<Bytes> keys = numbered_keys(20);
    for (const Bytes& key : keys) {
      arrive(cluster, 0, key, items(cluster, 80));
      if (key < "key-2") arrive(cluster, 1, key, items(cluster, 70, 30));  // which has seen the first 29, and replaced
    }
    cluster.scheduler().run_for(seconds(5));
    EXPECT_TRUE(converges(cluster, keys));
    EXPECT_EQ(cluster.copy(2, "key-1")->versions.size(), 70U);
    EXPECT_EQ(cluster.copy(2, "key-3")->versions.size(), 80U);
    settle(cluster);
    expect_no_loop_waited(cluster);
    for (std::size_t node = 0; node < 3; ++node) {
      EXPECT_EQ(rows_of_key(cluster, node, "key-1").size(), 70U);
      expect_true_trees(cluster, node);
    }
  }
}

/// Three copies of a megabyte in one leaf; whoever asks for them gets them one by one.
TEST(LargeCopies, AreAnsweredWithWholeAndNoMoreThanThereIsRoomFor) {
  Cluster cluster(repairing());
  settle(cluster);
  cluster.network().isolate("node-a", cluster.ids());
  Node& node = cluster[0].node();
  RepairKeyspace& repair = node.repair(*node.keyspace("default"));
  std::map<std::uint64_t, Bytes> records;
  std::vector<Bytes> keys{"k"};
  const auto leaf = [&](const Bytes& key) {
    return node.partition_of_key(repair.keyspace, key) * MerkleTree::kLeaves + MerkleTree::leaf_of(key_hash(key));
  };
  for (int i = 0; keys.size() < 3; ++i) {
    const Bytes key = "key-" + std::to_string(i);
    if (leaf(key) == leaf("k")) keys.push_back(key);
  }
  const Record record = items(cluster, 80, 1, Bytes(13'000, 'v'));
  for (const Bytes& key : keys) arrive(cluster, 0, key, record);
  settle(cluster);
  LeafRequest request{"default", {{static_cast<std::uint32_t>(leaf("k")), 0, {}}}};
  for (const Bytes& key : keys)
    request.leaves[0].wanted.push_back(entry_hash(key_hash(key), record_digest(encode_record(record))));
  CpuShare cpu(1.0);
  std::optional<Result<LeafReply>> reply;
  cluster[0].executor().post([&] {
    answer_leaves({cluster[0].executor(), cpu}, repair, "node-b", request,
                  [&reply](Result<LeafReply> told) { reply.emplace(std::move(told)); });
  });
  settle(cluster);
  ASSERT_TRUE(reply && reply->is_ok());
  ASSERT_EQ((*reply)->records.size(), 1U);
  EXPECT_EQ((*reply)->records[0].record, encode_record(record));
  EXPECT_THAT(keys, ::testing::Contains((*reply)->records[0].key));
  // What cannot be read is no record, and keeps nothing else waiting.
  for (const Bytes& key : keys) ASSERT_TRUE(cluster[0].disk().change(rows_of_key(cluster, 0, key).begin()->first, {}));
  reply.reset();
  cluster[0].executor().post([&] {
    answer_leaves({cluster[0].executor(), cpu}, repair, "node-b", request,
                  [&reply](Result<LeafReply> told) { reply.emplace(std::move(told)); });
  });
  settle(cluster);
  ASSERT_TRUE(reply && reply->is_ok());
  ASSERT_EQ((*reply)->records.size(), 1U);
  EXPECT_EQ((*reply)->records[0].record, "");
}

struct LargeAndScrubbed : ::testing::Test {
  void begin(bool reads_may_block) {
    ClusterOptions options = repairing();
    options.setup.scrub_period = seconds(10);
    options.setup.reads_may_block = reads_may_block;
    cluster.emplace(std::move(options));
    settle(*cluster);
    for (std::size_t node = 0; node < 3; ++node)
      for (const Bytes& key : keys) arrive(*cluster, node, key, record_of(key));
    settle(*cluster);
    cluster->scheduler().run_for(seconds(11));
    ASSERT_GT(counters(0).partitions, 0U);
    ASSERT_EQ(counters(0).differences, 0U);
  }
  Record record_of(const Bytes& key) {
    if (!records.contains(key)) records[key] = items(*cluster, key == "small" ? 3 : 700);
    return records[key];
  }
  Authority& authority(std::size_t node) { return *(*cluster)[node].node().keyspace("default")->authority; }
  const ScrubCounters& counters(std::size_t node) { return (*cluster)[node].node().scrub().counters(); }
  bool comes_true(const std::function<bool()>& condition) {
    return cluster->scheduler().run_until(condition, seconds(60));
  }
  void expect_found_and_filled() {
    ASSERT_TRUE(comes_true([&] { return counters(0).differences == 1; }));
    ASSERT_TRUE(comes_true([&] { return authority(0).in_doubt(); }));
    ASSERT_TRUE(comes_true([&] { return !authority(0).in_doubt() && cluster->copy(0, key).has_value(); }));
    settle(*cluster);
    for (const Bytes& each : keys) EXPECT_EQ(cluster->copy(0, each), record_of(each)) << each;
    EXPECT_EQ(rows_of_key(*cluster, 0, key), rows_of_key(*cluster, 1, key));
    EXPECT_EQ(storage_of(*cluster, 0).get(lost_key()).value(), std::nullopt);
    cluster->scheduler().run_for(seconds(25));
    for (std::size_t node = 0; node < 3; ++node) EXPECT_EQ(counters(node).differences, node == 0 ? 1U : 0U);
    expect_no_loop_waited(*cluster);
    expect_true_trees(*cluster, 0);
  }

  const std::vector<Bytes> keys{"large", "larger", "small"};
  const Bytes key = "large";
  std::map<Bytes, Record> records;
  std::optional<Cluster> cluster;
};

TEST_F(LargeAndScrubbed, ARowThatVanishedComesBack) {
  for (const bool reads_may_block : {false, true}) {
    begin(reads_may_block);
    ASSERT_TRUE((*cluster)[0].disk().change(rows_of_key(*cluster, 0, key).begin()->first, std::nullopt));
    expect_found_and_filled();
  }
}

TEST_F(LargeAndScrubbed, ARowThatChangedComesBack) {
  begin(false);
  const RowChanges rows = rows_of_key(*cluster, 0, key);
  ASSERT_TRUE((*cluster)[0].disk().change(rows.begin()->first, std::next(rows.begin())->second));
  expect_found_and_filled();
}

TEST_F(LargeAndScrubbed, AHeadThatVanishedComesBackAndNoRowIsLeftOfTheOldOne) {
  for (const bool reads_may_block : {false, true}) {
    begin(reads_may_block);
    // No head that is made of what peers have knows of this one, which is no row any more.
    const Bytes prefix = rows_of_key(*cluster, 0, key).begin()->first;
    const Version stray = items(*cluster, 1, 5000).versions[0];
    const Bytes where = row_key(parse_row_key(prefix)->prefix, stray);
    ASSERT_TRUE((*cluster)[0].disk().change(where, "nonsense"));
    ASSERT_TRUE((*cluster)[0].disk().change(head_of_key(*cluster, key), std::nullopt));
    expect_found_and_filled();
  }
}

TEST_F(LargeAndScrubbed, WhatIsLeftOfAnEarlierLifeIsClearedByTheNext) {
  begin(false);
  ASSERT_TRUE((*cluster)[0].disk().change(rows_of_key(*cluster, 0, key).begin()->first, std::nullopt));
  // It noted its doubt, and got no further.
  const Keyspace& of = *(*cluster)[0].node().keyspace("default");
  const Bytes note = encode_lost({{of.id, (*cluster)[0].node().partition_of_key(of, key)}});
  ASSERT_TRUE((*cluster)[0].disk().change(lost_key(), note));
  cluster->kill(0);
  ASSERT_TRUE(cluster->start(0).is_ok());
  ASSERT_TRUE(comes_true([&] { return !authority(0).in_doubt(); }));
  EXPECT_EQ(cluster->copy(0, key), record_of(key));
  EXPECT_EQ(counters(0).differences, 0U);
}

// A key that is written all the time is read in slices, between which head and rows change.
TEST(LargeAndHot, NoDifferenceIsFound) {
  for (std::uint64_t seed : seeds(2)) {
    ClusterOptions options = repairing(1);
    options.seed = seed;
    options.rules.n = options.rules.r = options.rules.w = 1;
    options.setup.partition_bits = 1;
    options.setup.commit = {milliseconds(2), milliseconds(12)};
    options.setup.scrub_period = milliseconds(100);
    options.setup.reads_may_block = seed % 2 == 0;
    Cluster cluster(std::move(options));
    settle(cluster);
    Scheduler& chance = cluster.scheduler();
    const std::vector<Bytes> keys = numbered_keys(4);
    std::uint64_t next = 1;
    const auto write = [&] {
      arrive(cluster, 0, keys[chance.below(4)], items(cluster, 700, next += chance.below(20)));
    };
    for (int i = 0; i < 8; ++i) write();
    settle(cluster);
    const ScrubCounters& counters = cluster[0].node().scrub().counters();
    const std::uint64_t before = counters.partitions;
    for (int step = 0; step < 300; ++step) {
      if (chance.chance(300)) write();
      chance.run_for(milliseconds(1));
      if (!chance.chance(100)) continue;
      // It reads on when a commit is stored of which it has not heard.
      write();
      chance.run_for(milliseconds(1));
      cluster[0].executor().pause();
      chance.run_for(milliseconds(15));
      cluster[0].executor().resume();
    }
    chance.run_for(seconds(2));
    EXPECT_GT(counters.partitions, before + 4) << replay_hint(seed);
    EXPECT_EQ(counters.differences, 0U) << replay_hint(seed);
  }
}

TEST(LargeAndMended, RowsThatCannotBeReadAreGivenUpWithTheirHead) {
  ClusterOptions options = repairing();
  options.make_disk = make_mending_disk;
  Cluster cluster(std::move(options));
  settle(cluster);
  const Record record = items(cluster, 80);
  for (std::size_t node = 0; node < 3; ++node) arrive(cluster, node, "k", record);
  settle(cluster);
  ASSERT_TRUE(cluster[0].disk().spoil({rows_of_key(cluster, 0, "k").begin()->first}));
  EXPECT_EQ(read_copy(storage_of(cluster, 0), {}, head_of_key(cluster, "k")).status().code(), Code::data_loss);
  Node& node = cluster[0].node();
  const Authority& authority = *node.keyspace("default")->authority;
  ASSERT_TRUE(cluster.scheduler().run_until([&] { return authority.in_doubt(); }, seconds(10)));
  ASSERT_TRUE(cluster.scheduler().run_until([&] { return !authority.in_doubt(); }, seconds(60)));
  EXPECT_EQ(cluster.copy(0, "k"), record);
  settle(cluster);
  expect_true_trees(cluster, 0);
}

class LargeAndCollected : public CollectingCluster {
 protected:
  void bring(const Record& record) {
    for (std::size_t node : holders_) arrive(cluster_, node, "k", record);
    settle(cluster_);
  }
  Record removals(std::size_t count) {
    Record record = items(cluster_, count);
    for (Version& version : record.versions) {
      version.tombstone = true;
      version.value.clear();
    }
    return record;
  }
};

TEST_F(LargeAndCollected, TombstonesGoWithTheirRows) {
  bring(removals(80));
  ASSERT_EQ(holding(), 3U);
  ASSERT_TRUE(goes()) << reasons();
  settle(cluster_);
  for (std::size_t node : holders_) EXPECT_TRUE(rows_of_key(cluster_, node, "k").empty());
}

TEST_F(LargeAndCollected, ValuesThatExpiredGoToo) {
  Record record = items(cluster_, 80);
  for (Version& version : record.versions) version.expires = Stamp{version.stamp.bits + (std::uint64_t{3000} << 16)};
  bring(record);
  ASSERT_TRUE(goes()) << reasons();
}

TEST_F(LargeAndCollected, OneValueThatStaysKeepsAll) {
  Record record = removals(80);
  record.versions.back().tombstone = false;
  bring(record);  // and it is empty, so that the head alone does not tell
  EXPECT_TRUE(stays());
  EXPECT_EQ(cluster_.copy(holders_[0], "k"), record);
}

TEST_F(LargeAndCollected, YoungTombstonesWait) {
  Record record = removals(80);
  record.versions.back().stamp = cluster_[0].node().stamps().now();
  bring(record);
  cluster_.scheduler().run_for(milliseconds(900));  // the others' grace is over
  EXPECT_EQ(holding(), 3U);
  EXPECT_TRUE(goes()) << reasons();
}

}  // namespace
}  // namespace stator::simulation
