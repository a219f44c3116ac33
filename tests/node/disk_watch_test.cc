#include "kernel/node/disk_watch.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <utility>

#include "tests/simulation/disk.h"
#include "tests/simulation/sim_committer.h"
#include "tests/simulation/sim_executor.h"

namespace stator::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Says what a test wants said, and counts how often it was asked.
struct Probe final : SpaceProbe {
  Result<DiskSpace> measure() override {
    ++asked;
    return says;
  }
  Result<DiskSpace> says = DiskSpace{5000, 10'000};
  int asked = 0;
};

/// Runs nothing until a test lets it: a disk that does not answer.
struct SlowBackground final : Background {
  void run(Task task) override { waiting.push_back(std::move(task)); }
  void run_one() {
    Task task = std::move(waiting.front());
    waiting.pop_front();
    task();
  }
  std::deque<Task> waiting;
};

struct Bench {
  DiskWatch watch(Background* background) {
    return DiskWatch({executor, background, [this](const Store& changed) { told.push_back(changed.room().room()); }},
                     {{store, probe}});
  }

  Scheduler scheduler{1};
  SimExecutor executor{scheduler, 0};
  std::unique_ptr<Disk> disk = make_map_disk();
  std::unique_ptr<Storage> storage = std::move(*disk->open());
  SimCommitter committer{scheduler, *storage, {}};
  Store store{"disk", *storage, committer, nullptr, {1000, 200}};
  Probe probe;
  std::vector<Room> told;
};

TEST(DiskWatch, LooksOnceASecondAndTellsWhatHasChanged) {
  Bench bench;
  DiskWatch watch = bench.watch(nullptr);
  watch.look();
  EXPECT_EQ(bench.probe.asked, 1);
  watch.run();
  bench.scheduler.run_for(milliseconds(10'500));
  EXPECT_EQ(bench.probe.asked, 11);
  EXPECT_EQ(bench.told, std::vector<Room>());
  for (std::uint64_t free : {900, 100, 900, 5000}) {
    bench.probe.says = DiskSpace{free, 10'000};
    bench.scheduler.run_for(seconds(3));
  }
  EXPECT_EQ(bench.told, (std::vector<Room>{Room::soft_full, Room::hard_full, Room::soft_full, Room::ample}));
  watch.stop();
  const int asked = bench.probe.asked;
  bench.scheduler.run_for(seconds(5));
  EXPECT_EQ(bench.probe.asked, asked);
}

TEST(DiskWatch, LooksAtOnceWhenACommitFoundNoSpace) {
  Bench bench;
  DiskWatch watch = bench.watch(nullptr);
  watch.run();
  bench.probe.says = DiskSpace{0, 10'000};
  bench.store.note(Status(Code::storage_full, "no segment"));
  bench.scheduler.run_for(milliseconds(10));
  EXPECT_EQ(bench.probe.asked, 1);
  bench.store.note(Status::ok());
  EXPECT_EQ(bench.store.room().room(), Room::hard_full) << "measured by now";
}

TEST(DiskWatch, NeverWaitsForADiskNorAsksItTwiceAtATime) {
  Bench bench;
  SlowBackground background;
  DiskWatch watch = bench.watch(&background);
  watch.run();
  bench.scheduler.run_for(seconds(10));
  EXPECT_EQ(bench.probe.asked, 0);
  ASSERT_EQ(background.waiting.size(), 1u);
  bench.probe.says = DiskSpace{900, 10'000};
  background.run_one();
  bench.scheduler.run_for(milliseconds(10));
  EXPECT_EQ(bench.store.room().room(), Room::soft_full);
  EXPECT_EQ(background.waiting.size(), 1u) << "what was missed meanwhile is one look";
}

TEST(DiskWatch, ADiskThatCannotBeAskedIsTakenForWhatItWas) {
  Bench bench;
  DiskWatch watch = bench.watch(nullptr);
  bench.probe.says = DiskSpace{100, 10'000};
  watch.look();
  bench.probe.says = Status(Code::internal, "the disk is gone");
  watch.look();
  EXPECT_EQ(bench.store.room().room(), Room::hard_full);
}

}  // namespace
}  // namespace stator::simulation
