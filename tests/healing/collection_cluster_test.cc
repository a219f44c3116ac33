#include <gtest/gtest.h>

#include "kernel/causality/record_codec.h"
#include "kernel/replica/storage_keys.h"
#include "tests/healing/collecting_cluster.h"

namespace stator::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_F(CollectingCluster, ATombstoneGoesFromEveryReplicaWhenItsGraceIsOver) {
  write_and_remove();
  EXPECT_EQ(holding(), 3u);
  EXPECT_TRUE(goes()) << reasons();
  std::uint64_t removed = 0;
  std::uint64_t collected = 0;
  settle(cluster_);
  for (std::size_t node = 0; node < 4; ++node) {
    removed += cluster_[node].node().collection_counters().removed;
    collected += cluster_[node].node().collection_counters().collected;
  }
  EXPECT_EQ(removed, 3u);
  EXPECT_EQ(collected, 1u);
}

TEST_F(CollectingCluster, AValueThatExpiredGoesTooAndOneThatStaysStays) {
  must_put(cluster_, holders_[0], with_quorum(put_of("k", "v"), 3));
  EXPECT_TRUE(stays());
  PutRequest request = with_quorum(put_of("k", "w"), 3);
  request.ttl = seconds(20);
  must_put(cluster_, holders_[0], request);
  cluster_.scheduler().run_for(seconds(19));
  EXPECT_EQ(read(), std::vector<std::string>{"w"});
  cluster_.scheduler().run_for(seconds(2));
  EXPECT_TRUE(read().empty());
  EXPECT_EQ(holding(), 3u);
  EXPECT_TRUE(goes()) << reasons();
}

TEST_F(CollectingCluster, NoneGoesWhileAMemberIsDownAndAllWhenItIsBack) {
  write_and_remove();
  for (std::size_t node : {other_, holders_[1]}) {
    if (is_gone()) write_and_remove();
    cluster_.cut_power(node);
    EXPECT_TRUE(stays());
    ASSERT_TRUE(cluster_.start(node).is_ok());
    EXPECT_TRUE(goes()) << reasons();
  }
}

TEST_F(CollectingCluster, NoneGoesWhileAMemberIsCutOffOrStopped) {
  write_and_remove();
  cluster_.network().isolate(id(other_), cluster_.ids());
  EXPECT_TRUE(stays());
  cluster_.network().heal();
  cluster_[other_].executor().pause();
  EXPECT_TRUE(stays());
  cluster_[other_].executor().resume();
  EXPECT_TRUE(goes()) << reasons();
}

TEST_F(CollectingCluster, NoneGoesWhileAClockIsTooFarOff) {
  for (const std::int64_t offset : {700, -700}) {
    write_and_remove();
    cluster_[other_].set_wall_offset_ms(offset);
    EXPECT_TRUE(stays());
    cluster_[other_].set_wall_offset_ms(0);
    EXPECT_TRUE(goes()) << reasons();
  }
}

TEST_F(CollectingCluster, AMemberWithoutTheRecordLeavesItToTheOthersToBeCollected) {
  cluster_.network().isolate(id(holders_[2]), cluster_.ids());
  must_put(cluster_, holders_[0], put_of("k", "v"));
  must_put(cluster_, holders_[0], removal_of("k"));
  EXPECT_TRUE(stays());
  cluster_.network().heal();
  EXPECT_TRUE(read().empty());  // and it is repaired
  EXPECT_TRUE(goes()) << reasons();
}

TEST_F(CollectingCluster, AWriteBetweenPrepareAndCommitStays) {
  write_and_remove();
  for (std::size_t writer : {holders_[1], holders_[2], holders_[0]}) {
    reach(CollectStep::prepare);
    cluster_.network().slow_down(id(writer), milliseconds(100));
    reach(CollectStep::commit);
    must_put(cluster_, writer, put_of("k", "new"));
    cluster_.network().slow_down(id(writer), milliseconds(0));
    EXPECT_TRUE(stays());
    EXPECT_EQ(read(), std::vector<std::string>{"new"});
    must_put(cluster_, writer, with_quorum(removal_of("k"), 3));
    settle(cluster_);
  }
}

TEST_F(CollectingCluster, WhatIsWrittenAnewNeverGoes) {
  write_and_remove();
  ASSERT_TRUE(goes()) << reasons();
  must_put(cluster_, holders_[1], put_of("k", "again"));
  EXPECT_TRUE(stays());
  EXPECT_EQ(read(), std::vector<std::string>{"again"});
}

TEST_F(CollectingCluster, AContextThatCoversWhatWasCollectedHoldsGood) {
  write_and_remove();
  const std::string token = must_get(cluster_, 0, get_of("k")).context;
  must_put(cluster_, holders_[0], with_context(put_of("k", "x"), token));
  must_put(cluster_, holders_[0], with_quorum(removal_of("k"), 3));
  const std::string last = must_get(cluster_, 0, get_of("k")).context;
  ASSERT_TRUE(goes()) << reasons();
  must_put(cluster_, holders_[1], with_context(put_of("k", "new"), last));
  settle(cluster_);
  EXPECT_EQ(read(), std::vector<std::string>{"new"});
  EXPECT_EQ(cluster_.copy(holders_[0], "k")->versions.size(), 1u);
}

// --- What was on its way all the time ---

TEST_F(CollectingCluster, AMessageOlderThanTheCollectionBringsNothingBack) {
  const Frame late = intercept(holders_[0], holders_[2], put_of("k", "old"));
  must_put(cluster_, holders_[0], with_quorum(removal_of("k"), 3));
  ASSERT_TRUE(goes()) << reasons();
  EXPECT_FALSE(deliver(holders_[2], late).is_ok());
  cluster_.scheduler().run_for(seconds(20));
  EXPECT_EQ(deliver(holders_[2], late).code(), Code::deadline_exceeded);
  EXPECT_TRUE(is_gone());
  EXPECT_TRUE(read().empty());
}

/// A message that is not yet too old when the tombstone is collected: a repair of what a replica held until then.
class YoungMessage : public CollectingCluster {
 protected:
  /// Ends with the tombstone collected. The frame carries what it removed and was born a moment before.
  Frame collect_beside() {
    write_and_remove();
    const Record tombstone = *cluster_.copy(holders_[0], "k");
    Record stale;
    stale.versions.push_back(tombstone.versions[0]);
    stale.versions[0].tombstone = false;
    stale.versions[0].dot.counter = 1;
    stale.versions[0].value = "old";
    stale.context.add(stale.versions[0].dot);
    reach(CollectStep::survey);
    const TimePoint now = cluster_.scheduler().now();
    const PeerRequestHead head{now + seconds(2), {}, cluster_[other_].node().stamps().now()};
    Frame frame = encode_replicate("default", "k", encode_record(stale), false, head, now);
    EXPECT_TRUE(goes()) << reasons();
    return frame;
  }
};

TEST_F(YoungMessage, BringsNothingBack) {
  const Frame frame = collect_beside();
  for (std::size_t node = 0; node < 4; ++node) {
    EXPECT_EQ(deliver(node, frame).code(), Code::failed_precondition);
    EXPECT_FALSE(cluster_.copy(node, "k").has_value());
  }
}

TEST_F(YoungMessage, BringsNothingBackAfterARestart) {
  const Frame frame = collect_beside();
  for (std::size_t node = 0; node < 4; ++node) {
    if (node % 2 == 0) {
      cluster_.cut_power(node);
    } else {
      ASSERT_TRUE(cluster_.stop(node).is_ok());
    }
    ASSERT_TRUE(cluster_.start(node).is_ok());
    EXPECT_EQ(deliver(node, frame).code(), Code::failed_precondition);
    EXPECT_FALSE(cluster_.copy(node, "k").has_value());
  }
}

/// A read that has perhaps been told of the value by a replica that knew of nothing better then.
class YoungRead : public CollectingCluster {
 protected:
  std::optional<PeerReplyMessage> ask(std::size_t node, Stamp born, bool digest_only) {
    const TimePoint now = cluster_.scheduler().now();
    const Frame frame = encode_replica_get("default", "k", digest_only, {now + seconds(2), {}, born}, now);
    PeerServer server(cluster_[node].node(), {[](LogLevel, const std::string&) {}, nullptr});
    std::optional<PeerReplyMessage> answer;
    cluster_[node].executor().post([&] {
      server.receive(id(other_), frame, [&answer](const Frame& reply) { answer = *decode_peer_reply(*reply); });
    });
    cluster_.scheduler().run_until([&answer] { return answer.has_value(); }, seconds(1));
    return answer;
  }
  Stamp now() { return cluster_[other_].node().stamps().now(); }
};

TEST_F(YoungRead, LearnsWhatWasCollectedSinceItBegan) {
  write_and_remove();
  const Context removed = cluster_.copy(holders_[0], "k")->context;
  reach(CollectStep::survey);
  const Stamp born = now();
  ASSERT_TRUE(goes()) << reasons();
  for (std::size_t node : holders_) {
    const std::optional<PeerReplyMessage> told = ask(node, born, false);
    ASSERT_TRUE(told.has_value());
    const Result<Record> record = decode_record(told->state.record);
    ASSERT_TRUE(record.is_ok());
    EXPECT_TRUE(record->versions.empty());
    EXPECT_TRUE(record->context.covers(removed));
    const std::optional<PeerReplyMessage> digest = ask(node, born, true);
    ASSERT_TRUE(digest.has_value());
    EXPECT_EQ(digest->state.digest, record_digest(told->state.record));
    EXPECT_TRUE(digest->state.record.empty());
    const std::optional<PeerReplyMessage> later = ask(node, now(), false);
    ASSERT_TRUE(later.has_value());
    EXPECT_EQ(later->state.digest, 0u) << "what begins later finds nothing, and nothing older anywhere";
  }
}

TEST_F(YoungRead, IsToldNothingByOneThatOnlyKnowsThatSomethingWasCollected) {
  write_and_remove();
  reach(CollectStep::survey);
  const Stamp born = now();
  ASSERT_TRUE(goes()) << reasons();
  cluster_.cut_power(holders_[0]);
  ASSERT_TRUE(cluster_.start(holders_[0]).is_ok());
  cluster_.scheduler().run_for(milliseconds(100));
  const std::optional<PeerReplyMessage> told = ask(holders_[0], born, false);
  ASSERT_TRUE(told.has_value() && told->failure.has_value());
  EXPECT_EQ(told->failure->status.code(), Code::unavailable);
}

TEST_F(YoungMessage, BringsNothingBackToANodeThatHasLostItsDisk) {
  const Frame frame = collect_beside();
  const std::size_t victim = holders_[1];
  cluster_.wipe(victim);
  ASSERT_TRUE(cluster_.start(victim).is_ok());
  cluster_.scheduler().run_for(milliseconds(100));
  EXPECT_EQ(deliver(victim, frame).code(), Code::failed_precondition);
  ASSERT_TRUE(cluster_.stop(victim).is_ok());
  ASSERT_TRUE(cluster_.start(victim).is_ok());
  EXPECT_EQ(deliver(victim, frame).code(), Code::failed_precondition) << "and it remembers";
  EXPECT_TRUE(is_gone());
}

// --- Disks that are put back ---

class OldDisk : public CollectingCluster {
 protected:
  void keep_copy(std::size_t node) {
    ASSERT_TRUE(cluster_.stop(node).is_ok());
    cluster_[node].disk().keep_copy();
    ASSERT_TRUE(cluster_.start(node).is_ok());
    cluster_.scheduler().run_for(seconds(2));
  }
  void put_back(std::size_t node) {
    cluster_.cut_power(node);
    cluster_[node].disk().restore_copy();
    ASSERT_TRUE(cluster_.start(node).is_ok());
    cluster_.scheduler().run_for(seconds(60));
  }
  const RepairCounters& counters(std::size_t node) { return cluster_[node].node().repair_counters(); }
};

TEST_F(OldDisk, BringsNothingBackThatWasCollected) {
  for (const bool removed_before : {false, true}) {
    must_put(cluster_, holders_[0], with_quorum(put_of("k", "old"), 3));
    if (removed_before) must_put(cluster_, holders_[0], with_quorum(removal_of("k"), 3));
    keep_copy(holders_[1]);
    if (!removed_before) must_put(cluster_, holders_[0], with_quorum(removal_of("k"), 3));
    ASSERT_TRUE(goes()) << reasons();
    cluster_.scheduler().run_for(seconds(20));  // until nobody remembers what was collected
    put_back(holders_[1]);
    EXPECT_TRUE(is_gone());
    EXPECT_TRUE(read().empty());
    EXPECT_EQ(counters(holders_[1]).given_up, 1u);
  }
}

TEST_F(OldDisk, PutsNothingBesideWhatWasWrittenAnew) {
  must_put(cluster_, holders_[0], with_quorum(put_of("k", "old"), 3));
  keep_copy(holders_[1]);
  must_put(cluster_, holders_[0], with_quorum(removal_of("k"), 3));
  ASSERT_TRUE(goes()) << reasons();
  cluster_.scheduler().run_for(seconds(20));
  must_put(cluster_, holders_[0], with_quorum(put_of("k", "new"), 3));
  put_back(holders_[1]);
  EXPECT_EQ(read(), std::vector<std::string>{"new"});
}

TEST_F(OldDisk, KeepsWhatOthersKnow) {
  must_put(cluster_, holders_[0], with_quorum(put_of("k", "v"), 3));
  keep_copy(holders_[1]);
  cluster_.scheduler().run_for(seconds(20));
  put_back(holders_[1]);
  EXPECT_EQ(holding(), 3u);
  EXPECT_EQ(counters(holders_[1]).vouched_for, 1u);
  EXPECT_EQ(counters(holders_[1]).given_up, 0u);
  EXPECT_EQ(counters(holders_[1]).pulled, 0u) << "it was never away";
}

TEST_F(OldDisk, WaitsForThoseWhoMayKnow) {
  must_put(cluster_, holders_[0], with_quorum(put_of("k", "old"), 3));
  keep_copy(holders_[1]);
  must_put(cluster_, holders_[0], with_quorum(removal_of("k"), 3));
  ASSERT_TRUE(goes()) << reasons();
  cluster_.scheduler().run_for(seconds(20));
  cluster_.cut_power(holders_[2]);
  put_back(holders_[1]);
  EXPECT_TRUE(cluster_.copy(holders_[1], "k").has_value()) << "one of two is no proof";
  EXPECT_FALSE(cluster_.copy(holders_[0], "k").has_value());
  ASSERT_TRUE(cluster_.start(holders_[2]).is_ok());
  EXPECT_TRUE(goes());
}

// With "k", of which the last one up is no proof, wait the others in its partition, but not those in any other.
TEST_F(OldDisk, KeepsNobodyWaitingWhomTheMissingOneCannotConcern) {
  std::vector<Bytes> decided;
  for (int i = 0; decided.size() < 8; ++i) {
    const Bytes key = "key" + std::to_string(i);
    const std::vector<std::size_t> holders = cluster_.holders(key);
    const bool here = std::find(holders.begin(), holders.end(), holders_[1]) != holders.end();
    if (here && std::find(holders.begin(), holders.end(), holders_[2]) == holders.end()) decided.push_back(key);
  }
  decided.emplace_back("k");
  for (const Bytes& key : decided) must_put(cluster_, holders_[0], with_quorum(put_of(key, "old"), 3));
  keep_copy(holders_[1]);
  for (const Bytes& key : decided) must_put(cluster_, holders_[0], with_quorum(removal_of(key), 3));
  cluster_.scheduler().run_for(seconds(60));
  ASSERT_TRUE(is_gone()) << reasons();
  cluster_.cut_power(holders_[2]);
  put_back(holders_[1]);
  for (const Bytes& key : decided) EXPECT_EQ(cluster_.copy(holders_[1], key).has_value(), key == "k") << key;
}

TEST_F(OldDisk, DeliversNoHintAgain) {
  must_put(cluster_, holders_[0], with_quorum(put_of("k", "old"), 3));
  cluster_.cut_power(holders_[2]);
  must_put(cluster_, holders_[0], put_of("k", "missed"));
  must_put(cluster_, holders_[0], put_of("k", "missed again"));  // by now it is known to be down: a fallback has it
  keep_copy(other_);
  ASSERT_TRUE(cluster_.start(holders_[2]).is_ok());
  cluster_.scheduler().run_for(seconds(5));
  must_put(cluster_, holders_[0], with_quorum(removal_of("k"), 3));
  ASSERT_TRUE(goes()) << reasons();
  cluster_.scheduler().run_for(seconds(20));
  put_back(other_);
  EXPECT_TRUE(is_gone());
  EXPECT_GE(cluster_[other_].node().hint_ledger().of(id(holders_[2])).dropped, 1u) << "there was a hint on that disk";
}

// The disk of the life that collected it was too full to remove the note.
TEST_F(CollectingCluster, WhatNeedNotBeRememberedAnyMoreIsForgottenAtTheStart) {
  const std::size_t node = holders_[0];
  const Keyspace& keyspace = *cluster_[node].node().keyspace("default");
  const Partition partition = cluster_[node].node().partition_of_key(keyspace, "k");
  const Bytes note = cut_key({Stamp::from_millis(1), partition, keyspace.id, id(node)});
  const auto storage = [&]() -> Storage& { return cluster_[node].node().stores().front()->storage(); };
  const Bytes name(8, 'n');
  const Mutation mutation{note, name};
  ASSERT_TRUE(storage().write({&mutation, 1}).is_ok());
  cluster_.cut_power(node);
  ASSERT_TRUE(cluster_.start(node).is_ok());
  cluster_.scheduler().run_for(milliseconds(50));  // the first search is later
  EXPECT_EQ(cluster_[node].node().shard_of(partition).replica.collected().oldest(), std::nullopt);
  EXPECT_EQ(*storage().get(note), std::nullopt);
}

// --- Commits that not everybody carries out ---

TEST_F(CollectingCluster, AReplicaThatRestartsBeforeTheCommitKeepsItForAnotherRound) {
  write_and_remove();
  const std::size_t victim = holders_[1];
  reach(CollectStep::prepare);
  cluster_.network().slow_down(id(victim), milliseconds(100));
  reach(CollectStep::commit, id(victim));
  cluster_.network().slow_down(id(victim), milliseconds(0));
  cluster_.cut_power(victim);
  settle(cluster_);
  ASSERT_TRUE(cluster_.start(victim).is_ok());
  EXPECT_TRUE(goes()) << reasons();
}

TEST_F(CollectingCluster, ACoordinatorThatDiesBeforeTheCommitLeavesNothingBehind) {
  write_and_remove();
  const std::size_t coordinator = holders_[0];
  reach(CollectStep::prepare);
  cluster_.cut_power(coordinator);
  EXPECT_TRUE(stays());
  ASSERT_TRUE(cluster_.start(coordinator).is_ok());
  EXPECT_TRUE(goes()) << reasons();
}

TEST_F(CollectingCluster, ABlindWriteWhereItIsGoneReplacesTheTombstoneThatAnotherStillHas) {
  write_and_remove();
  lose_the_commit_to(holders_[2]);
  must_put(cluster_, holders_[0], put_of("k", "new"));
  cluster_.network().heal();
  EXPECT_EQ(read(), std::vector<std::string>{"new"});
  settle(cluster_);
  for (std::size_t node : holders_) EXPECT_EQ(cluster_.copy(node, "k")->versions.size(), 1u);
}

TEST_F(CollectingCluster, AReplicaThatDidNotHearOfTheCommitHasItCollectedItself) {
  write_and_remove();
  lose_the_commit_to(holders_[2]);
  cluster_.network().heal();
  EXPECT_TRUE(goes()) << reasons();
  EXPECT_TRUE(read().empty());
}

// The first one's rounds are slow, so that those of the second, which is patient for two searches, come in between.
TEST_F(CollectingCluster, TwoCoordinatorsAreNoHarm) {
  write_and_remove();
  cluster_.network().slow_down(id(holders_[0]), milliseconds(900));
  cluster_.scheduler().run_for(seconds(20));
  cluster_.network().slow_down(id(holders_[0]), milliseconds(0));
  EXPECT_TRUE(goes()) << reasons();
  EXPECT_TRUE(read().empty());
}

}  // namespace
}  // namespace stator::simulation
