#include "kernel/replica/replica.h"

#include <gtest/gtest.h>

#include "kernel/causality/record_codec.h"
#include "kernel/healing/hint_recovery.h"
#include "kernel/replica/hint_reference.h"
#include "kernel/replica/storage_keys.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/sim_committer.h"
#include "tests/simulation/sim_executor.h"

namespace stator {
namespace {

using simulation::Scheduler;
using simulation::SimCommitter;
using simulation::SimExecutor;
using std::chrono::seconds;

/// A clock that counts, or has nothing to give.
class CountingStamps final : public Stamps {
 public:
  std::optional<Stamp> next() override { return stuck ? std::nullopt : std::optional<Stamp>(Stamp{++last}); }
  Stamp birth() override { return now(); }
  Stamp epoch_of(Stamp stamp) const override { return stamp; }
  Stamp now() override { return {last}; }
  bool observe(Stamp stamp) override {
    if (stamp > refuse_above) return false;
    last = std::max(last, stamp.bits);
    return true;
  }
  bool stuck = false;
  std::uint64_t last = 1'000;
  Stamp refuse_above{UINT64_MAX};
};

class OneReplica : public ::testing::Test {
 protected:
  OneReplica()
      : executor_(scheduler_, 0),
        disk_(simulation::make_map_disk()),
        storage_(std::move(*disk_->open())),
        committer_(scheduler_, *storage_, {}),
        store_("disk", *storage_, committer_),
        replica_("a", executor_, stamps_, counters_) {
    store_.set_incarnation(Stamp{7});
  }

  KeyAddress key() { return {store_, 3, 1, "key"}; }
  /// A write whose commit is on its way; how it ends is noted.
  Replica::Prepared write(const Bytes& value, std::optional<Context> observed = {}) {
    WriteIntent intent;
    intent.value = value;
    intent.observed = std::move(observed);
    Result<Replica::Prepared> prepared =
        replica_.write(key(), std::move(intent), {}, [this](const Status& outcome) { committed_.push_back(outcome); });
    EXPECT_TRUE(prepared.is_ok());
    return prepared.is_ok() ? std::move(*prepared) : Replica::Prepared();
  }
  void merge(const Record& record) {
    replica_.merge(key(), {record, stamps_.now()},
                   [this](Result<std::uint64_t> digest) { merged_.push_back(std::move(digest)); });
  }
  void settle() { scheduler_.run_for(seconds(1)); }
  Record held() { return *decode_record(replica_.held(key(), false)->record); }
  static Record elsewhere(const std::string& node, Stamp epoch = Stamp{500}) {
    Record record;
    Version version;
    version.dot = {{node, epoch}, 1};
    version.stamp = epoch;
    version.value = "from " + node;
    record.context.add(version.dot);
    record.versions.push_back(version);
    return record;
  }

  Scheduler scheduler_{1};
  SimExecutor executor_;
  CountingStamps stamps_;
  ReplicaCounters counters_;
  std::unique_ptr<simulation::Disk> disk_;
  std::unique_ptr<Storage> storage_;
  SimCommitter committer_;
  Store store_;
  Replica replica_;
  std::vector<Status> committed_;
  std::vector<Result<std::uint64_t>> merged_;
};

TEST_F(OneReplica, HoldsWhatItWroteOnlyOnceItIsDurable) {
  write("v");
  EXPECT_TRUE(committed_.empty());
  EXPECT_EQ(replica_.held(key(), false)->digest, 0u);
  settle();
  ASSERT_EQ(committed_.size(), 1u);
  EXPECT_TRUE(committed_[0].is_ok());
  EXPECT_EQ(held().versions[0].value, "v");
  EXPECT_EQ(replica_.held(key(), true)->digest, record_digest(encode_record(held())));
  EXPECT_TRUE(replica_.held(key(), true)->record.empty());
  EXPECT_EQ(replica_.pending(), 0u);
}

TEST_F(OneReplica, TheNextWriteBuildsOnTheOneThatIsStillOnItsWay) {
  const Replica::Prepared first = write("v");
  const Replica::Prepared second = write("w", Context());
  EXPECT_EQ(second.dot, (Dot{first.dot.actor, 2}));
  EXPECT_EQ(decode_record(second.record)->versions.size(), 2u);
  merge(elsewhere("b"));
  settle();
  EXPECT_EQ(held().versions.size(), 3u);
}

TEST_F(OneReplica, PreparesTheWholeRecord) {
  merge(elsewhere("b"));
  settle();
  const Replica::Prepared prepared = write("v", Context());
  EXPECT_EQ(decode_record(prepared.record)->versions.size(), 2u);
  ASSERT_TRUE(prepared.seen.has_value());
  EXPECT_FALSE(prepared.seen->covers(elsewhere("b").context));
}

TEST_F(OneReplica, AnswersAMergeAfterItsSyncWithTheDigestOfWhatIsHereThen) {
  merge(elsewhere("b"));
  EXPECT_TRUE(merged_.empty());
  settle();
  ASSERT_EQ(merged_.size(), 1u);
  EXPECT_EQ(*merged_[0], replica_.held(key(), true)->digest);
}

TEST_F(OneReplica, WritesNothingForAMergeThatChangesNothing) {
  merge(elsewhere("b"));
  settle();
  disk_->break_sync();
  merge(elsewhere("b"));
  settle();
  ASSERT_EQ(merged_.size(), 2u);
  EXPECT_TRUE(merged_[1].is_ok());
}

TEST_F(OneReplica, StoresAMergeThatIsAsLongAsWhatIsThere) {
  Record record = elsewhere("b");
  merge(record);
  settle();
  record.versions.front().dot.counter = 2;
  record.versions.front().value = "FROM b";
  record.context.add(record.versions.front().dot);
  merge(record);
  settle();
  EXPECT_EQ(held(), record);
}

// A merge that finds the same copy on its way to the disk must not answer before that is there.
TEST_F(OneReplica, AMergeThatChangesNothingWaitsForACopyThatIsStillOnItsWay) {
  const Replica::Prepared prepared = write("v");
  disk_->break_sync();
  merge(*decode_record(prepared.record));
  settle();
  ASSERT_EQ(merged_.size(), 1u);
  EXPECT_FALSE(merged_[0].is_ok());
}

TEST_F(OneReplica, RefusesARecordFromTheFutureAndCountsIt) {
  stamps_.refuse_above = Stamp{600};
  merge(elsewhere("b", Stamp{601}));
  settle();
  ASSERT_EQ(merged_.size(), 1u);
  EXPECT_EQ(merged_[0].status().code(), Code::invalid_argument);
  EXPECT_EQ(counters_.stamps_refused, 1u);
}

TEST_F(OneReplica, CountsWhatMergesDropAndWhatIsCorrupt) {
  write("v");
  settle();
  Record newer = elsewhere("b");
  newer.context.merge(held().context);
  merge(newer);
  settle();
  EXPECT_EQ(counters_.versions_dropped, 1u);
  newer.versions[0].value = "damaged";
  merge(newer);
  settle();
  EXPECT_EQ(counters_.corrupt_dots, 1u);
}

TEST_F(OneReplica, SignsAboveEveryEpochItsClientHasSeen) {
  Context observed;
  observed.add({{"b", Stamp{5'000}}, 1});
  EXPECT_GT(write("v", observed).stamp, Stamp{5'000});
}

TEST_F(OneReplica, AWriteApartShipsNothingOfAnOldCopyAndKeepsIt) {
  merge(elsewhere("b"));
  settle();
  WriteIntent intent;
  intent.value = "mine";
  intent.apart = true;
  Result<Replica::Prepared> prepared = replica_.write(key(), std::move(intent), {}, [](const Status&) {});
  ASSERT_TRUE(prepared.is_ok());
  settle();
  const Record shipped = *decode_record(prepared->record);
  ASSERT_EQ(shipped.versions.size(), 1u);
  EXPECT_EQ(shipped.versions[0].value, "mine");
  EXPECT_EQ(shipped.context.size(), 1u);  // it covers nothing of the old copy, so that elsewhere nothing is replaced
  EXPECT_EQ(held().versions.size(), 2u);
  EXPECT_EQ(write("next").dot.counter, 2u);  // under the mark of the write apart
}

TEST_F(OneReplica, ARemovedCopyTakesItsMarkWithIt) {
  const Dot before = write("v").dot;
  settle();
  replica_.remove(key(), [this](const Status& outcome) { committed_.push_back(outcome); });
  const Dot after = write("w").dot;  // while the removal is still on its way to disk
  settle();
  EXPECT_NE(after.actor.epoch, before.actor.epoch);
  EXPECT_EQ(held().versions.size(), 1u);
  replica_.remove(key(), [this](const Status& outcome) { committed_.push_back(outcome); });
  settle();
  EXPECT_EQ(replica_.held(key(), false)->digest, 0u);
  EXPECT_EQ(replica_.pending(), 0u);
}

TEST_F(OneReplica, AHintCopyIsApartFromTheOwnOneAndFromThoseForOthers) {
  write("own");
  for (const char* target : {"b", "c"}) {
    KeyAddress hint = key();
    hint.hint_for = target;
    replica_.merge(hint, {elsewhere(target), Stamp{500}}, [](const Result<std::uint64_t>&) {});
  }
  settle();
  EXPECT_EQ(held().versions[0].value, "own");
  KeyAddress hint = key();
  hint.hint_for = "c";
  EXPECT_EQ(decode_record(replica_.held(hint, false)->record)->versions[0].value, "from c");
}

TEST_F(OneReplica, AReferenceIsNoCopy) {
  const Bytes where = hint_key("b", 3, 1, "key");
  const Bytes reference = encode_hint_reference(12345);
  EXPECT_EQ(hint_reference_since(reference), 12345u);
  const Mutation mutation{where, reference};
  ASSERT_TRUE(storage_->write({&mutation, 1}).is_ok());
  KeyAddress hint = key();
  hint.hint_for = "b";
  EXPECT_EQ(replica_.held(hint, false)->digest, 0u);
  replica_.merge(hint, {elsewhere("c"), Stamp{500}}, [](const Result<std::uint64_t>&) {});
  settle();
  EXPECT_EQ(decode_record(replica_.held(hint, false)->record)->versions.size(), 1u);
}

TEST_F(OneReplica, ItsHintsAreFoundByAScan) {
  for (const char* target : {"b", "a longer name"}) {
    KeyAddress hint = key();
    hint.hint_for = target;
    replica_.merge(hint, {elsewhere(target), Stamp{500}}, [](const Result<std::uint64_t>&) {});
  }
  write("own");
  settle();
  std::vector<std::string> found;
  EXPECT_TRUE(recover_hints(store_, [&](const KeyAddress& at, BytesView value) {
                EXPECT_EQ(at.partition, 3);
                EXPECT_EQ(at.keyspace, 1);
                EXPECT_EQ(at.key, "key");
                EXPECT_TRUE(decode_copy(value).is_ok());
                found.emplace_back(at.hint_for);
              }).is_ok());
  EXPECT_EQ(found, (std::vector<std::string>{"b", "a longer name"}));
  const Bytes malformed("\2\x09short", 7);
  const Mutation mutation{malformed, "x"};
  ASSERT_TRUE(storage_->write({&mutation, 1}).is_ok());
  EXPECT_EQ(recover_hints(store_, [](const KeyAddress&, BytesView) {}).code(), Code::data_loss);
}

TEST_F(OneReplica, WithoutAStampWritesNothing) {
  stamps_.stuck = true;
  const Result<Replica::Prepared> prepared = replica_.write(key(), {}, {}, [](const Status&) { ADD_FAILURE(); });
  EXPECT_EQ(prepared.status().code(), Code::unavailable);
  settle();
}

// What was signed may be elsewhere and not here: whether or not there is a stamp at that moment.
class AFailedCommit : public OneReplica, public ::testing::WithParamInterface<bool> {};

TEST_P(AFailedCommit, WithdrawsAllMarks) {
  write("v");
  settle();
  disk_->break_sync();
  const Replica::Prepared lost = write("w");
  stamps_.stuck = GetParam();
  settle();
  ASSERT_EQ(committed_.size(), 2u);
  EXPECT_FALSE(committed_[1].is_ok());
  EXPECT_TRUE(store_.unclean());
  stamps_.stuck = false;
  const Replica::Prepared next = write("x");
  EXPECT_NE(next.dot.actor, lost.dot.actor);
  EXPECT_EQ(next.dot.counter, 1u);
  settle();
}

INSTANTIATE_TEST_SUITE_P(Replica, AFailedCommit, ::testing::Bool(), [](const auto& instance) {
  return instance.param ? "WhileTheClockIsStuck" : "WhileTheClockRuns";
});

TEST_F(OneReplica, ADamagedCopyIsDataLossAndNotOverwritten) {
  const Bytes where = data_key(3, 1, "key");
  const Mutation damage{where, "\2damaged"};
  ASSERT_TRUE(storage_->write({&damage, 1}).is_ok());
  EXPECT_EQ(replica_.write(key(), {}, {}, [](const Status&) { ADD_FAILURE(); }).status().code(), Code::data_loss);
  merge(elsewhere("b"));
  settle();
  EXPECT_EQ(merged_[0].status().code(), Code::data_loss);
  EXPECT_EQ(**storage_->get(where), "\2damaged");
}

}  // namespace
}  // namespace stator
