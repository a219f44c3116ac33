#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kernel/node/store_meta.h"
#include "tests/healing/repairs.h"
#include "tests/simulation/seeds.h"

// What a storage finds that it cannot read while its node runs: others answer for it, it is given up, and filled again.

namespace stator::simulation {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

ClusterOptions mending(Duration interval = seconds(10)) {
  ClusterOptions options = repairing(3, interval);
  options.make_disk = make_mending_disk;
  return options;
}

struct Mended : ::testing::Test {
  void begin(ClusterOptions options) {
    cluster.emplace(std::move(options));
    for (const Bytes& key : keys) must_put(*cluster, 0, with_quorum(put_of(key, "v " + key), 3));
    settle(*cluster);
  }
  Keyspace& keyspace(std::size_t node, const std::string& name = "default") {
    return *(*cluster)[node].node().keyspace(name);
  }
  Authority& authority(std::size_t node) { return *keyspace(node).authority; }
  Partition partition(const Bytes& key) { return (*cluster)[0].node().partition_of_key(keyspace(0), key); }
  Bytes where(const Bytes& key) { return data_key(partition(key), keyspace(0).id, key); }
  Store& store(std::size_t node) { return *(*cluster)[node].node().stores().front(); }
  std::optional<Bytes> stored(std::size_t node, const Bytes& storage_key) {
    return store(node).storage().get(storage_key).value();
  }
  /// A read on that node meets it.
  void meet(std::size_t node, const Bytes& key) {
    (void)(*cluster)[node].node().shards().front()->replica.held({store(node), partition(key), keyspace(node).id, key},
                                                                 true);
  }
  void lose(std::size_t node, const std::vector<Bytes>& lost) {
    std::vector<Bytes> storage_keys;
    for (const Bytes& key : lost) storage_keys.push_back(where(key));
    ASSERT_TRUE((*cluster)[node].disk().spoil(storage_keys));
    for (const Bytes& key : lost) meet(node, key);
  }
  bool comes_true(const std::function<bool()>& condition, Duration within = seconds(60)) {
    return cluster->scheduler().run_until(condition, within);
  }
  std::uint64_t mended(std::size_t node) { return (*cluster)[node].node().mender().mended(store(node)); }
  std::string record_of(std::size_t node, const Bytes& key) {
    const std::optional<Record> copy = cluster->copy(node, key);
    return copy ? encode_record(*copy) : Bytes();
  }

  const std::vector<Bytes> keys = numbered_keys(200);
  const Bytes key = "key-7";
  std::optional<Cluster> cluster;
};

TEST_F(Mended, IsAFailedReplicaUntilThenAndNotAnEmptyOne) {
  begin(mending(Duration(0)));  // nothing is mended
  lose(0, {key});
  for (std::size_t node = 0; node < 3; ++node)
    EXPECT_THAT(values(must_get(*cluster, node, with_quorum(get_of(key), 2))), ::testing::ElementsAre("v " + key));
  EXPECT_THAT(must_fail(*cluster, 1, with_quorum(get_of(key), 3)).status.message(), HasSubstr("data_loss"));
  settle(*cluster);
  EXPECT_EQ(mended(0), 0U) << "without anti-entropy nothing would fill it";
  EXPECT_TRUE(store(0).mending()->met_damage());
  EXPECT_GE((*cluster)[0].node().counters().unreadable.load(), 3U);
}

TEST_F(Mended, IsFilledByPeersAndCountsAgain) {
  begin(mending());
  const std::string before = record_of(0, key);
  const std::vector<Bytes> lost(keys.begin(), keys.begin() + 40);
  lose(0, lost);
  ASSERT_TRUE(comes_true([&] { return mended(0) > 0; }, seconds(3)));
  EXPECT_FALSE(store(0).mending()->met_damage());
  EXPECT_TRUE(authority(0).in_doubt());
  ASSERT_TRUE(comes_true([&] { return !authority(0).in_doubt(); }));
  EXPECT_EQ(record_of(0, key), before);
  EXPECT_TRUE(converged(*cluster, keys));
  settle(*cluster);
  expect_true_trees(*cluster, 0);
  EXPECT_EQ(stored(0, lost_key()), std::nullopt);
  EXPECT_THAT(values(must_get(*cluster, 1, with_quorum(get_of(key), 3))), ::testing::ElementsAre("v " + key));
}

TEST_F(Mended, DoesNotCountBeforeItWasFilledAndTheOthersDo) {
  begin(mending());
  cluster->network().isolate("node-a", cluster->ids());
  lose(0, {key});
  ASSERT_TRUE(comes_true([&] { return mended(0) > 0; }, seconds(3)));
  settle(*cluster);
  EXPECT_FALSE(keyspace(0).speaks_for(partition(key)));
  EXPECT_LT(authority(0).missing(), 8U) << "the partitions between two copies, and no more";
  EXPECT_THAT(must_fail(*cluster, 0, with_quorum(get_of(key), 1)).status.message(), HasSubstr("has lost data"));
  std::size_t answered = 0;
  for (const Bytes& other : keys) {
    if (!keyspace(0).speaks_for(partition(other))) continue;
    EXPECT_THAT(values(must_get(*cluster, 0, with_quorum(get_of(other), 1))), ::testing::ElementsAre("v " + other));
    ++answered;
  }
  EXPECT_GT(answered, keys.size() / 2);
  cluster->network().heal();
  ASSERT_TRUE(comes_true([&] { return !authority(0).in_doubt(); }));
  EXPECT_TRUE(converged(*cluster, keys));
}

// node-c has never seen the second write, and node-a has lost it: the two together are no majority that knows it.
TEST_F(Mended, SaysNothingOfWhatItHasAcknowledgedAndLost) {
  begin(mending(seconds(1000)));
  cluster->network().isolate("node-c", cluster->ids());
  must_put(*cluster, 0, put_of(key, "second"));
  lose(0, {key});
  ASSERT_TRUE(comes_true([&] { return mended(0) > 0; }, seconds(3)));
  cluster->network().heal();
  cluster->network().isolate("node-b", cluster->ids());
  cluster->scheduler().run_for(std::chrono::milliseconds(100));
  must_fail(*cluster, 0, with_quorum(get_of(key), 2));
  must_fail(*cluster, 2, with_quorum(get_of(key), 2));
  cluster->network().heal();
  EXPECT_THAT(values(must_get(*cluster, 2, with_quorum(get_of(key), 2))), ::testing::ElementsAre("second"));
}

TEST_F(Mended, IsInDoubtAfterARestartToo) {
  begin(mending());
  cluster->network().isolate("node-a", cluster->ids());
  lose(0, {key});
  ASSERT_TRUE(comes_true([&] { return mended(0) > 0; }, seconds(3)));
  const std::size_t missing = authority(0).missing();
  ASSERT_GT(missing, 0U);
  ASSERT_TRUE(cluster->stop(0).is_ok());
  ASSERT_TRUE(cluster->start(0).is_ok());
  EXPECT_EQ(authority(0).missing(), missing);
  EXPECT_FALSE(keyspace(0).speaks_for(partition(key)));
  cluster->network().heal();
  ASSERT_TRUE(comes_true([&] { return !authority(0).in_doubt(); }));
  EXPECT_TRUE(converged(*cluster, keys));
  settle(*cluster);
  cluster->cut_power(0);
  ASSERT_TRUE(cluster->start(0).is_ok());
  EXPECT_FALSE(authority(0).in_doubt()) << "the note is gone";
}

// Of every other key the node has held the record without a break.
TEST_F(Mended, IsSignedUnderANewEpochAndOtherKeysAreNot) {
  begin(mending());
  lose(0, {key});
  ASSERT_TRUE(comes_true([&] { return mended(0) > 0; }, seconds(3)));
  ASSERT_TRUE(comes_true([&] { return !authority(0).in_doubt(); }));
  const auto epochs = [&](const Bytes& of) {
    const Record record = cluster->copy(1, of).value_or(Record());
    return std::count_if(record.context.entries().begin(), record.context.entries().end(),
                         [](const Context::Entry& entry) { return entry.actor.node == "node-a"; });
  };
  must_put(*cluster, 0, with_quorum(put_of(key, "w"), 3));
  must_put(*cluster, 0, with_quorum(put_of("key-8", "w"), 3));
  EXPECT_EQ(epochs(key), 2);
  EXPECT_EQ(epochs("key-8"), 1);
}

TEST_F(Mended, IsNotToldTwiceOfWhatIsMetAgainWhileItIsFilled) {
  begin(mending());
  cluster->network().isolate("node-a", cluster->ids());
  lose(0, {key});
  ASSERT_TRUE(comes_true([&] { return mended(0) > 0; }, seconds(3)));
  cluster->network().heal();
  cluster->network().isolate("node-c", cluster->ids());  // with one of two it is not enough
  ASSERT_TRUE(comes_true([&] { return cluster->copy(0, key).has_value(); }));
  settle(*cluster);
  ASSERT_TRUE(authority(0).in_doubt());
  const std::uint64_t once = mended(0);
  lose(0, {key});
  ASSERT_TRUE(comes_true([&] { return mended(0) > once; }, seconds(3)));
  cluster->network().heal();
  cluster->network().isolate("node-b", cluster->ids());
  settle(*cluster);
  cluster->scheduler().run_for(seconds(30));
  EXPECT_FALSE(keyspace(0).speaks_for(partition(key))) << "what node-b had before the second loss says nothing now";
  cluster->network().heal();
  EXPECT_TRUE(comes_true([&] { return !authority(0).in_doubt(); }));
}

TEST_F(Mended, KeepsItsOwnNotes) {
  begin(mending());
  const std::uint16_t id = keyspace(0).id;
  std::vector<Bytes> notes;
  for (const char* name : {"format", "cluster", "node", "partition_bits", "keyspace/default"})
    notes.push_back(meta_key(name));
  ASSERT_TRUE((*cluster)[0].disk().spoil(notes));
  (void)store(0).storage().get(notes[0]);
  ASSERT_TRUE(comes_true([&] { return mended(0) > 0; }, seconds(5)));
  for (const Bytes& note : notes) EXPECT_NE(stored(0, note), std::nullopt) << note;
  cluster->cut_power(0);
  ASSERT_TRUE(cluster->start(0).is_ok());
  EXPECT_EQ(keyspace(0).id, id);
}

// Two of three disks are new, and what the first life of one of them noted of that cannot be read any more.
TEST_F(Mended, RemembersThatNobodyHasVouchedForItsEmptyDisk) {
  ClusterOptions options = mending();
  options.rules.w = 3;
  begin(std::move(options));
  for (std::size_t node : {0, 1}) cluster->wipe(node);
  cluster->network().isolate("node-c", cluster->ids());
  for (std::size_t node : {0, 1}) ASSERT_TRUE(cluster->start(node).is_ok());
  settle(*cluster);
  const std::optional<Bytes> note = stored(0, unvouched_key());
  ASSERT_NE(note, std::nullopt);
  ASSERT_TRUE((*cluster)[0].disk().spoil({unvouched_key()}));
  (void)store(0).storage().get(unvouched_key());
  ASSERT_TRUE(comes_true([&] { return mended(0) > 0; }, seconds(5)));
  EXPECT_EQ(stored(0, unvouched_key()), note);
  cluster->cut_power(0);
  ASSERT_TRUE(cluster->start(0).is_ok());
  settle(*cluster);
  EXPECT_FALSE(store(0).forgot()) << "node-b knows as little";
  EXPECT_FALSE(cluster->get(0, with_quorum(get_of(key), 1)).is_ok());
  cluster->network().heal();
  EXPECT_TRUE(comes_true([&] { return store(0).forgot(); }));
  EXPECT_TRUE(comes_true([&] { return !authority(0).in_doubt() && stored(0, unvouched_key()) == std::nullopt; }));
  EXPECT_TRUE(comes_true([&] { return converged(*cluster, keys); }));
}

TEST_F(Mended, WaitsForWhatItCannotWriteAnew) {
  begin(mending());
  ASSERT_TRUE(store(0).storage().write(std::vector<Mutation>{{restoring_key(), "backup"}}).is_ok());
  ASSERT_TRUE((*cluster)[0].disk().spoil({restoring_key(), where(key)}));
  meet(0, key);
  cluster->scheduler().run_for(seconds(20));
  EXPECT_EQ(mended(0), 0U);
  EXPECT_FALSE(authority(0).in_doubt());
  const Bytes note = restoring_key();
  ASSERT_TRUE(store(0).storage().write(std::vector<Mutation>{{note, {}, true}}).is_ok());
  EXPECT_TRUE(comes_true([&] { return mended(0) > 0 && !authority(0).in_doubt(); }));
}

// What a node noted for itself or keeps for others is read when it starts, and cannot be done without.
TEST_F(Mended, IsRefusedAtTheStartAmongNotesHintsAndCuts) {
  const Bytes note = meta_key("keyspace/default");
  const Bytes hint = hint_key("node-b", 3, 1, "k");
  const Bytes cut = cut_key({Stamp{5}, 3, 1, "node-a"});
  for (const Bytes& damaged : {note, hint, cut}) {
    begin(mending());
    if (damaged != note) {
      ASSERT_TRUE(store(0).storage().write(std::vector<Mutation>{{damaged, "value"}}).is_ok());
    }
    cluster->cut_power(0);
    ASSERT_TRUE((*cluster)[0].disk().spoil({damaged}));
    const Status refused = cluster->start(0);
    EXPECT_EQ(refused.code(), Code::data_loss) << refused.text();
    EXPECT_THAT(refused.message(), ::testing::HasSubstr("storage disk: the disk cannot read that"));
    EXPECT_FALSE((*cluster)[0].up());
  }
}

TEST_F(Mended, RefusesWhatIsOlderThanALostCut) {
  begin(mending());
  const Bytes cut = cut_key({Stamp{5}, 3, keyspace(0).id, "node-a"});
  ASSERT_TRUE(store(0).storage().write(std::vector<Mutation>{{cut, "names"}}).is_ok());
  ASSERT_TRUE((*cluster)[0].disk().spoil({cut}));
  const Stamp before = (*cluster)[0].node().stamps().now();
  ASSERT_EQ(store(0).barrier(), Stamp{});
  (void)store(0).storage().get(cut);
  ASSERT_TRUE(comes_true([&] { return mended(0) > 0; }, seconds(5)));
  EXPECT_GE(store(0).barrier(), before);
  EXPECT_EQ(stored(0, barrier_key()), encode_stamp(store(0).barrier()));
}

TEST_F(Mended, OfAKeyThatNobodyElseHoldsIsGoneAndNotInDoubt) {
  ClusterOptions options = mending();
  options.nodes = 1;
  options.rules.n = options.rules.r = options.rules.w = 1;
  cluster.emplace(std::move(options));
  must_put(*cluster, 0, put_of(key, "v"));
  lose(0, {key});
  ASSERT_TRUE(comes_true([&] { return mended(0) > 0; }, seconds(3)));
  EXPECT_FALSE(authority(0).in_doubt());
  EXPECT_TRUE(values(must_get(*cluster, 0, get_of(key))).empty());
}

TEST_F(Mended, IsTriedAgainWhereNothingCanBeWritten) {
  begin(mending());
  (*cluster)[0].disk().fill();
  lose(0, {key});
  cluster->scheduler().run_for(seconds(10));
  EXPECT_EQ(mended(0), 0U);
  EXPECT_FALSE(keyspace(0).speaks_for(partition(key)));
  EXPECT_THAT(values(must_get(*cluster, 0, with_quorum(get_of(key), 2))), ::testing::ElementsAre("v " + key));
  (*cluster)[0].disk().make_room();
  EXPECT_TRUE(comes_true([&] { return mended(0) > 0 && !authority(0).in_doubt(); }));
  EXPECT_TRUE(converged(*cluster, keys));
}

/// One client that reads each key before it writes it.
struct MendedUnderLoad : Mended {
  struct Written {
    std::string acknowledged;
    std::set<std::string> failed;  ///< may have happened or not
  };
  void write_on(const Bytes& of, const std::string& value) {
    Scheduler& chance = cluster->scheduler();
    Outcome<GetResult> read = cluster->get(chance.below(3), get_of(of));
    cluster->scheduler().run_for(chance.between(Duration(1), std::chrono::milliseconds(40)));
    if (!read.is_ok()) return;
    Written& so_far = written[of];
    EXPECT_FALSE(values(*read).empty()) << of;
    for (const std::string& shown : values(*read))
      EXPECT_TRUE(shown == so_far.acknowledged || so_far.failed.contains(shown)) << of << " is " << shown;
    const bool done = cluster->put(chance.below(3), with_context(put_of(of, value), read->context)).is_ok();
    done ? (void)(so_far.acknowledged = value) : (void)so_far.failed.insert(value);
  }

  std::map<Bytes, Written> written;
};

// One node at a time, as W = 2 promises to survive; also while it is written to, and where reads block.
TEST_F(MendedUnderLoad, LosesNothingThatWasAcknowledged) {
  for (std::uint64_t seed : seeds(6)) {
    ClusterOptions options = mending(seconds(2));
    options.seed = seed;
    options.setup.reads_may_block = seed % 2 == 0;
    begin(std::move(options));
    Scheduler& chance = cluster->scheduler();
    for (const Bytes& each : keys) written[each] = {"v " + each, {}};
    for (int round = 0; round < 12; ++round) {
      const std::size_t node = chance.below(3);
      const std::uint64_t before = mended(node);
      std::vector<Bytes> lost;
      for (const Bytes& each : keys) {
        if (chance.chance(200)) lost.push_back(each);
      }
      lose(node, lost);
      for (int step = 0; step < 100; ++step)
        write_on(keys[chance.below(keys.size())], std::to_string(round) + "." + std::to_string(step));
      ASSERT_TRUE(comes_true([&] { return mended(node) > before && !authority(node).in_doubt(); }))
          << replay_hint(seed);
    }
    settle(*cluster);
    ASSERT_TRUE(converges(*cluster, keys)) << replay_hint(seed);
    for (std::size_t node = 0; node < 3; ++node) expect_true_trees(*cluster, node);
    EXPECT_FALSE(HasFailure()) << replay_hint(seed);
  }
}

}  // namespace
}  // namespace stator::simulation
