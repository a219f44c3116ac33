#include "kernel/healing/collection_member.h"

#include <gtest/gtest.h>

#include "kernel/causality/record_codec.h"
#include "kernel/replica/storage_keys.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/sim_committer.h"
#include "tests/simulation/sim_executor.h"

namespace stator {
namespace {

using simulation::Scheduler;
using simulation::SimCommitter;
using simulation::SimExecutor;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// The simulation's wall, as a hybrid clock.
class WallStamps final : public Stamps {
 public:
  explicit WallStamps(Executor& executor) : executor_(executor) {}
  std::optional<Stamp> next() override { return last_ = Stamp{std::max(now().bits, last_.bits) + 1}; }
  Stamp birth() override { return now(); }
  Stamp epoch_of(Stamp stamp) const override { return stamp; }
  Stamp now() override { return last_ = std::max(last_, Stamp::from_millis(executor_.wall_millis())); }
  bool observe(Stamp stamp) override {
    if (stamp.millis() > executor_.wall_millis() + 500) return false;
    last_ = std::max(last_, stamp);
    return true;
  }

 private:
  Executor& executor_;
  Stamp last_;
};

/// One member, and the disk under it that outlives it. By placement it is a replica of everything, unless a test says
/// otherwise.
class AMember : public ::testing::Test {
 protected:
  AMember() : disk_(simulation::make_map_disk()) {
    keyspace_.rules.name = "default";
    keyspace_.rules.tombstone_grace = seconds(6);
    place_on("a");
    restart();
  }

  void place_on(const std::string& node) {
    auto placement = std::make_shared<Placement>();
    placement->partition_bits = 1;
    placement->primaries.assign(2, {node});
    keyspace_.placement.store(std::move(placement));
  }
  void restart() {
    process_.reset();
    process_ = std::make_unique<Process>(scheduler_, *disk_, hint_, counters_);
    keyspace_.store = &process_->store;
    const auto found = [this](const CutKey& cut, const CollectedNames& names) {
      process_->member.found(process_->store, cut, names);
    };
    ASSERT_TRUE(recover_cuts(process_->store, found).is_ok());
  }

  KeyAddress at(const std::string& key) {
    return {process_->store, partition_of(key_token("default", key), 1), 0, key};
  }
  /// Two keys of one partition.
  std::string key_beside(const std::string& key) {
    std::string other = key + "'";
    while (at(other).partition != at(key).partition) other += "'";
    return other;
  }
  void write(const std::string& key, bool remove) {
    WriteIntent intent;
    intent.remove = remove;
    intent.value = remove ? "" : "value";
    ASSERT_TRUE(process_->replica.write(at(key), std::move(intent), {}, [](const Status&) {}).is_ok());
  }
  /// A tombstone whose grace is over.
  void bury(const std::string& key) {
    write(key, false);
    write(key, true);
    scheduler_.run_for(seconds(7));
  }
  std::uint64_t digest(const std::string& key) { return process_->replica.held(at(key), true)->digest; }
  Record record(const std::string& key) { return *decode_record(process_->replica.held(at(key), false)->record); }

  CollectReply ask(CollectStep step, const std::vector<CollectKey>& keys, std::uint64_t round = 1) {
    CollectRequest request{step, "default", at(keys[0].key).partition, round, 99, {}, keys};
    if (step == CollectStep::prepare) {
      cut_ = Stamp{process_->stamps.now().bits + (std::uint64_t{20} << 16)};
      request.cut = cut_;
    }
    return ask(request);
  }
  CollectReply ask(const CollectRequest& request) {
    std::optional<CollectReply> got;
    process_->member.serve("node-x", keyspace_, 99, request, [&got](CollectReply reply) { got = std::move(reply); });
    scheduler_.run_until([&got] { return got.has_value(); }, seconds(1));
    EXPECT_TRUE(got.has_value());
    return got.value_or(CollectReply());
  }
  /// What the whole round says of the key; nothing is in the way of a step before the last.
  CollectBlock collect(const CollectKey& key) {
    EXPECT_EQ(ask(CollectStep::survey, {key}).block, CollectBlock::none);
    EXPECT_EQ(ask(CollectStep::prepare, {key}).block, CollectBlock::none);
    const CollectReply reply = ask(CollectStep::commit, {key});
    return reply.block != CollectBlock::none ? reply.block : reply.blocks.at(0);
  }
  Status merge(const std::string& key, const Record& record, Stamp born) {
    std::optional<Status> outcome;
    process_->replica.merge(at(key), {record, born},
                            [&outcome](const Result<std::uint64_t>& digest) { outcome = digest.status(); });
    scheduler_.run_until([&outcome] { return outcome.has_value(); }, seconds(1));
    return outcome.value_or(Status(Code::internal, "no answer"));
  }

  struct Process {
    Process(Scheduler& scheduler, simulation::Disk& disk, const bool& hint, CollectionCounters& counters)
        : executor(scheduler, 0),
          storage(std::move(*disk.open())),
          committer(scheduler, *storage, {}),
          store("disk", *storage, committer),
          stamps(executor),
          replica("a", executor, stamps, replica_counters),
          member({executor, replica, stamps, counters, [&hint](Partition) { return hint; }}, {"a", seconds(3), 100}) {
      store.set_incarnation(Stamp{7});
    }
    SimExecutor executor;
    std::unique_ptr<Storage> storage;
    SimCommitter committer;
    Store store;
    WallStamps stamps;
    ReplicaCounters replica_counters;
    Replica replica;
    CollectionMember member;
  };

  Scheduler scheduler_{1};
  std::unique_ptr<simulation::Disk> disk_;
  Keyspace keyspace_;
  bool hint_ = false;
  CollectionCounters counters_;
  std::unique_ptr<Process> process_;
  Stamp cut_;
};

TEST_F(AMember, RemovesATombstoneThatAllHaveVouchedFor) {
  bury("k");
  EXPECT_EQ(collect({"k", digest("k")}), CollectBlock::none);
  EXPECT_EQ(digest("k"), 0u);
  EXPECT_EQ(counters_.removed, 1u);
}

TEST_F(AMember, SaysWhyItDoesNot) {
  EXPECT_EQ(ask(CollectStep::survey, {{"absent", 1}}).blocks.at(0), CollectBlock::differs);
  write("k", true);
  EXPECT_EQ(ask(CollectStep::survey, {{"k", 1}}).blocks.at(0), CollectBlock::writing);
  scheduler_.run_for(seconds(1));
  EXPECT_EQ(ask(CollectStep::survey, {{"k", digest("k") + 1}}).blocks.at(0), CollectBlock::differs);
  EXPECT_EQ(ask(CollectStep::survey, {{"k", digest("k")}}).blocks.at(0), CollectBlock::young);
  write("l", false);
  scheduler_.run_for(seconds(10));
  EXPECT_EQ(ask(CollectStep::survey, {{"l", digest("l")}}).blocks.at(0), CollectBlock::live);
  EXPECT_EQ(ask(CollectStep::survey, {{"k", digest("k")}}).blocks.at(0), CollectBlock::none);

  place_on("b");  // and this one has kept a copy
  EXPECT_EQ(ask(CollectStep::survey, {{"k", digest("k")}}).blocks.at(0), CollectBlock::stray);
  EXPECT_EQ(ask(CollectStep::survey, {{"absent", 1}}).blocks.at(0), CollectBlock::none);
}

TEST_F(AMember, LetsNothingPassWhileItHoldsAHint) {
  bury("k");
  const CollectKey key{"k", digest("k")};
  hint_ = true;
  EXPECT_EQ(ask(CollectStep::survey, {key}).block, CollectBlock::hint);
  hint_ = false;
  EXPECT_EQ(ask(CollectStep::survey, {key}).block, CollectBlock::none);
  hint_ = true;
  EXPECT_EQ(ask(CollectStep::prepare, {key}).block, CollectBlock::hint);
}

TEST_F(AMember, LetsNothingPassWhileItsCopiesDoNotCount) {
  bury("k");
  const CollectKey key{"k", digest("k")};
  keyspace_.authority = std::make_unique<Authority>(2);
  EXPECT_EQ(ask(CollectStep::survey, {key}).block, CollectBlock::none);
  keyspace_.authority->doubt({at("k").partition}, TimePoint());
  EXPECT_EQ(ask(CollectStep::prepare, {key}).block, CollectBlock::doubt);
  EXPECT_EQ(ask(CollectStep::survey, {key}).block, CollectBlock::doubt);
}

TEST_F(AMember, LetsNothingPassWhileABackupIsPutBack) {
  bury("k");
  const CollectKey key{"k", digest("k")};
  process_->store.set_restoring(true);
  EXPECT_EQ(ask(CollectStep::survey, {key}).block, CollectBlock::restore);
  EXPECT_EQ(ask(CollectStep::prepare, {key}).block, CollectBlock::restore);
  process_->store.set_restoring(false);
  EXPECT_EQ(ask(CollectStep::survey, {key}).block, CollectBlock::none);
}

TEST_F(AMember, VouchesForNothingIfAStandInCameAndWentSinceTheSurvey) {
  bury("k");
  const CollectKey key{"k", digest("k")};
  const Record stale = record("k");
  EXPECT_EQ(ask(CollectStep::survey, {key}).block, CollectBlock::none);
  const std::string name = "k";  // outlives the address
  KeyAddress stand_in = at(name);
  stand_in.hint_for = "b";
  process_->replica.merge(stand_in, {stale, process_->stamps.now()}, [](const Result<std::uint64_t>&) {});
  EXPECT_EQ(ask(CollectStep::prepare, {key}).block, CollectBlock::hint);
}

TEST_F(AMember, RefusesAnotherRingAndACutThatIsNotAheadOfItsClockOrTooFar) {
  bury("k");
  const CollectKey key{"k", digest("k")};
  CollectRequest request{CollectStep::survey, "default", at("k").partition, 1, 98, {}, {key}};
  EXPECT_EQ(ask(request).block, CollectBlock::ring);
  request.ring = 99;
  EXPECT_EQ(ask(request).block, CollectBlock::none);
  request.step = CollectStep::prepare;
  request.cut = process_->stamps.now();
  EXPECT_EQ(ask(request).block, CollectBlock::clock);
  request.cut = Stamp::from_millis(process_->executor.wall_millis() + 1'000);
  EXPECT_EQ(ask(request).block, CollectBlock::clock);
}

TEST_F(AMember, AfterItVouchedAllItBeginsIsBornAfterTheCut) {
  bury("k");
  ASSERT_EQ(ask(CollectStep::survey, {{"k", digest("k")}}).block, CollectBlock::none);
  ASSERT_EQ(ask(CollectStep::prepare, {{"k", digest("k")}}).block, CollectBlock::none);
  EXPECT_GT(process_->stamps.now(), cut_);
}

TEST_F(AMember, KeepsARecordThatWasWrittenBetweenPrepareAndCommit) {
  bury("k");
  const CollectKey key{"k", digest("k")};
  ASSERT_EQ(ask(CollectStep::survey, {key}).block, CollectBlock::none);
  ASSERT_EQ(ask(CollectStep::prepare, {key}).block, CollectBlock::none);
  write("k", false);
  EXPECT_EQ(ask(CollectStep::commit, {key}).blocks.at(0), CollectBlock::writing);
  scheduler_.run_for(seconds(1));
  ASSERT_NE(digest("k"), 0u);
  EXPECT_TRUE(record("k").live());
}

TEST_F(AMember, RemovesNothingAfterARestartOrWithoutAPrepare) {
  bury("k");
  const CollectKey key{"k", digest("k")};
  ASSERT_EQ(ask(CollectStep::survey, {key}).block, CollectBlock::none);
  EXPECT_EQ(ask(CollectStep::commit, {key}).blocks.at(0), CollectBlock::busy);
  ASSERT_EQ(ask(CollectStep::survey, {key}).block, CollectBlock::none);
  ASSERT_EQ(ask(CollectStep::prepare, {key}).block, CollectBlock::none);
  restart();
  EXPECT_EQ(ask(CollectStep::commit, {key}).blocks.at(0), CollectBlock::busy);
  EXPECT_NE(digest("k"), 0u);
}

TEST_F(AMember, RefusesWhatWasBornBeforeTheCutAlsoAfterARestart) {
  bury("k");
  const Record tombstone = record("k");
  Record stale = tombstone;
  stale.versions[0].tombstone = false;
  const Stamp before = process_->stamps.now();
  ASSERT_EQ(collect({"k", digest("k")}), CollectBlock::none);
  for (int life = 0; life < 2; ++life) {
    EXPECT_EQ(merge("k", stale, before).code(), Code::failed_precondition);
    EXPECT_EQ(digest("k"), 0u);
    restart();
  }
}

TEST_F(AMember, RefusesItAlsoWhereItIsNoReplicaOrTheRoundWasCancelled) {
  bury("k");
  const Record tombstone = record("k");
  const CollectKey key{"k", digest("k")};
  disk_->wipe();
  restart();
  place_on("b");
  const Stamp before = process_->stamps.now();
  ASSERT_EQ(ask(CollectStep::survey, {key}).block, CollectBlock::none);
  ASSERT_EQ(ask(CollectStep::prepare, {key}).block, CollectBlock::none);
  EXPECT_EQ(merge("k", tombstone, before).code(), Code::failed_precondition);
  EXPECT_TRUE(merge(key_beside("k"), tombstone, before).is_ok());  // of another key nothing was said
  EXPECT_TRUE(merge("k", tombstone, process_->stamps.now()).is_ok());
}

TEST_F(AMember, AcknowledgesTheTombstoneAndWhatItHadReplacedAndKeepsNeither) {
  bury("k");
  const Record tombstone = record("k");
  Record stale = tombstone;
  stale.versions[0].dot.counter = 1;
  ASSERT_EQ(collect({"k", digest("k")}), CollectBlock::none);
  for (const Record& arrival : {tombstone, stale}) {
    EXPECT_TRUE(merge("k", arrival, process_->stamps.now()).is_ok());
    EXPECT_EQ(digest("k"), 0u);
    EXPECT_EQ(process_->replica.pending(), 0u);
  }
}

TEST_F(AMember, TheNextWriteGoesOnFromWhatWasCollectedUnderANewEpoch) {
  bury("k");
  const Record tombstone = record("k");
  ASSERT_EQ(collect({"k", digest("k")}), CollectBlock::none);
  write("k", false);
  scheduler_.run_for(seconds(1));
  const Record fresh = record("k");
  EXPECT_TRUE(fresh.context.covers(tombstone.context));
  ASSERT_EQ(fresh.versions.size(), 1u);
  EXPECT_GT(fresh.versions[0].dot.actor.epoch, tombstone.versions[0].dot.actor.epoch);
  EXPECT_EQ(stator::merge(fresh, tombstone).versions, fresh.versions);  // wherever that still is
}

TEST_F(AMember, CountsAsHoldingWhatItRemovedInARoundThatOthersDidNotHearOf) {
  bury("k");
  const CollectKey key{"k", digest("k")};
  ASSERT_EQ(collect(key), CollectBlock::none);
  EXPECT_EQ(ask(CollectStep::survey, {key}).blocks.at(0), CollectBlock::none);
  EXPECT_EQ(ask(CollectStep::survey, {{"k", key.digest + 1}}).blocks.at(0), CollectBlock::differs);
  EXPECT_EQ(collect(key), CollectBlock::none);
}

TEST_F(AMember, ForgetsWhenNothingThatOldIsTakenAnyMore) {
  bury("k");
  ASSERT_EQ(collect({"k", digest("k")}), CollectBlock::none);
  const auto notes = [this] {
    std::size_t count = 0;
    EXPECT_TRUE(process_->storage->scan(cut_prefix(), "\4", [&](BytesView, BytesView) { return ++count > 0; }).is_ok());
    return count;
  };
  scheduler_.run_for(milliseconds(cut_.millis() + 3'000 - process_->executor.wall_millis()));
  process_->member.forget();
  scheduler_.run_for(milliseconds(20));
  EXPECT_EQ(notes(), 1u);
  EXPECT_EQ(process_->replica.collected().size(), 1u);
  scheduler_.run_for(seconds(1));
  process_->member.forget();
  scheduler_.run_for(milliseconds(20));
  EXPECT_EQ(notes(), 0u);
  EXPECT_EQ(process_->replica.collected().size(), 0u);
}

TEST_F(AMember, RefusesRoundsThatWouldHaveItRememberTooMuch) {
  std::vector<CollectKey> keys;
  keys.reserve(101);
  for (int i = 0; i < 101; ++i) keys.push_back({"key " + std::to_string(i), 1});
  ASSERT_EQ(ask(CollectStep::survey, keys).block, CollectBlock::none);
  EXPECT_EQ(ask(CollectStep::prepare, keys).block, CollectBlock::full);
}

TEST_F(AMember, VouchesForNothingThatIsNotDurable) {
  bury("k");
  const CollectKey key{"k", digest("k")};
  ASSERT_EQ(ask(CollectStep::survey, {key}).block, CollectBlock::none);
  disk_->break_sync();
  EXPECT_EQ(ask(CollectStep::prepare, {key}).block, CollectBlock::failed);
}

}  // namespace
}  // namespace stator
