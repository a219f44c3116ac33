#include "kernel/node/clock_keeper.h"

#include <gtest/gtest.h>

#include <set>

#include "kernel/node/store_meta.h"
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

class KeptClock : public ::testing::Test {
 protected:
  KeptClock()
      : executor_(scheduler_, 0),
        disk_(simulation::make_map_disk()),
        storage_(std::move(*disk_->open())),
        committer_(scheduler_, *storage_, {}),
        store_("disk", *storage_, committer_) {}

  Stamp limit_on_disk() { return Stamp{open_store(*storage_, {"c", "n", 1}, {})->clock_limit}; }
  ClockKeeper keeper(Stamp start = {}) { return ClockKeeper(executor_, {&store_}, {.start = start}); }

  Scheduler scheduler_{1};
  SimExecutor executor_;
  std::unique_ptr<simulation::Disk> disk_;
  std::unique_ptr<Storage> storage_;
  SimCommitter committer_;
  Store store_;
};

TEST_F(KeptClock, GivesNoStampAboveWhatIsOnDisk) {
  ClockKeeper clock = keeper();
  EXPECT_EQ(clock.next(), std::nullopt);
  ASSERT_TRUE(clock.start().is_ok());
  clock.run();
  for (int i = 0; i < 200; ++i) {
    scheduler_.run_for(milliseconds(100));
    const std::optional<Stamp> stamp = clock.next();
    ASSERT_TRUE(stamp.has_value());
    EXPECT_LE(*stamp, limit_on_disk());
  }
  clock.stop();
}

TEST_F(KeptClock, StopsGivingStampsWhenTheDiskTakesNoLimit) {
  ClockKeeper clock = keeper();
  ASSERT_TRUE(clock.start().is_ok());
  clock.run();
  disk_->break_sync();
  scheduler_.run_for(seconds(4));
  EXPECT_EQ(clock.next(), std::nullopt);
  EXPECT_TRUE(store_.unclean());
  clock.stop();
}

TEST_F(KeptClock, KeepsItsLimitOnDiskWhenTheWallJumpsBack) {
  ClockKeeper clock = keeper();
  executor_.set_wall_offset_ms(12'000);
  ASSERT_TRUE(clock.start().is_ok());
  clock.run();
  ASSERT_TRUE(clock.next().has_value());
  executor_.set_wall_offset_ms(4'000);
  scheduler_.run_for(seconds(2));  // a renewal
  ASSERT_TRUE(clock.observe(Stamp::from_millis(executor_.wall_millis() + 8'500)));
  const std::optional<Stamp> stamp = clock.next();
  ASSERT_TRUE(stamp.has_value());
  EXPECT_LE(*stamp, limit_on_disk());
  clock.stop();
}

TEST_F(KeptClock, NamesEpochsAsNoOtherLifeDoes) {
  ClockKeeper one(executor_, {&store_}, {.start = Stamp::from_millis(5), .life = 0x1234});
  ASSERT_TRUE(one.start().is_ok());
  ClockKeeper other(executor_, {&store_}, {.start = Stamp::from_millis(5), .life = 0x4321});  // the disk was put back
  ASSERT_TRUE(other.start().is_ok());
  std::set<Stamp> epochs;
  for (int i = 0; i < 1000; ++i) {
    const Stamp stamp = *one.next();
    ASSERT_EQ(*other.next(), stamp);
    EXPECT_TRUE(epochs.insert(one.epoch_of(stamp)).second);
    EXPECT_TRUE(epochs.insert(other.epoch_of(stamp)).second);
    EXPECT_EQ(one.epoch_of(stamp).millis(), stamp.millis());
  }
}

TEST_F(KeptClock, UsesNoMillisecondOfTheLifeBefore) {
  ClockKeeper next = keeper(Stamp::from_millis(5));
  ASSERT_TRUE(next.start().is_ok());
  EXPECT_GT(next.epoch_of(*next.next()).millis(), 5u);
}

TEST_F(KeptClock, SaysNoMoreThanItsDiskKnowsAndTheSkewWhenRecordsAreBorn) {
  ClockKeeper clock = keeper();
  ASSERT_TRUE(clock.start().is_ok());
  clock.run();
  EXPECT_EQ(clock.birth(), clock.now());
  const Stamp limit = limit_on_disk();
  disk_->break_sync();
  scheduler_.run_for(seconds(30));
  EXPECT_GT(clock.now().millis(), limit.millis() + 10'000);
  EXPECT_LE(clock.birth().millis(), limit.millis() + 10'000);
  clock.stop();
}

TEST_F(KeptClock, GoesOnAboveTheLimitOfTheLifeBefore) {
  Stamp last;
  {
    ClockKeeper clock = keeper();
    ASSERT_TRUE(clock.start().is_ok());
    executor_.set_wall_offset_ms(2'900);
    last = *clock.next();
    executor_.set_wall_offset_ms(0);
  }
  ClockKeeper next = keeper(limit_on_disk());
  ASSERT_TRUE(next.start().is_ok());
  EXPECT_GT(*next.next(), last);
}

TEST_F(KeptClock, AClockAheadOfOursIsFollowedOnceTheLimitIsRaised) {
  ClockKeeper clock = keeper();
  ASSERT_TRUE(clock.start().is_ok());
  clock.run();
  const Stamp ahead = Stamp::from_millis(executor_.wall_millis() + 8'000);
  EXPECT_TRUE(clock.observe(ahead));
  EXPECT_EQ(clock.next(), std::nullopt);
  scheduler_.run_for(milliseconds(50));
  const std::optional<Stamp> stamp = clock.next();
  ASSERT_TRUE(stamp.has_value());
  EXPECT_GT(*stamp, ahead);
  EXPECT_FALSE(clock.observe(Stamp::from_millis(executor_.wall_millis() + 10'001)));
  clock.stop();
}

TEST_F(KeptClock, AnyNumberOfQuickRestartsLeavesItNearTheWall) {
  Stamp limit;
  for (int i = 0; i < 100; ++i) {
    ClockKeeper clock = keeper(limit);
    ASSERT_TRUE(clock.start().is_ok());
    ASSERT_TRUE(clock.next().has_value());
    scheduler_.run_for(milliseconds(100));
    limit = limit_on_disk();
  }
  EXPECT_LT(limit.millis(), executor_.wall_millis() + 3'000);
}

}  // namespace
}  // namespace stator
