#include "kernel/replica/read_ahead.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "kernel/replica/replica.h"
#include "kernel/replica/storage_keys.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/sim_committer.h"
#include "tests/simulation/sim_executor.h"

namespace stator {
namespace {

using simulation::Scheduler;
using simulation::SimCommitter;
using simulation::SimExecutor;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Readers by hand: each read waits until it is made, and what it found until it is handed over.
class HandReaders final : public Readers {
 public:
  void run(Executor& home, Task read, Task then) override {
    waiting_.push_back({&home, std::move(read), std::move(then)});
  }
  std::size_t waiting() const { return waiting_.size(); }
  void make(std::size_t nth) {
    at_work_ = true;
    waiting_[nth].read();
    at_work_ = false;
  }
  void hand_over(std::size_t nth) {
    waiting_[nth].home->post(std::move(waiting_[nth].then));
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(nth));
  }
  /// Whether it is a reader that is reading now.
  bool at_work() const { return at_work_; }

 private:
  struct Waiting {
    Executor* home;
    Task read;
    Task then;
  };
  std::vector<Waiting> waiting_;
  bool at_work_ = false;
};

/// Notes which gets were made by whom.
class WatchedStorage final : public Storage {
 public:
  WatchedStorage(std::unique_ptr<Storage> storage, const HandReaders& readers)
      : storage_(std::move(storage)), readers_(readers) {}
  Status open(const Path& directory) override { return storage_->open(directory); }
  Status write(WriteBatch batch) override { return storage_->write(batch); }
  Result<std::optional<Bytes>> get(BytesView key) override {
    ++(readers_.at_work() ? by_readers : on_the_loop);
    return storage_->get(key);
  }
  Status scan(BytesView first, BytesView last, const Visitor& visit) override {
    return storage_->scan(first, last, visit);
  }
  Status checkpoint(const Path& directory) override { return storage_->checkpoint(directory); }
  StorageStats stats() const override { return storage_->stats(); }

  int by_readers = 0;
  int on_the_loop = 0;

 private:
  const std::unique_ptr<Storage> storage_;
  const HandReaders& readers_;
};

class CountingStamps final : public Stamps {
 public:
  std::optional<Stamp> next() override { return Stamp{++last_}; }
  Stamp now() override { return {last_}; }
  Stamp birth() override { return now(); }
  Stamp epoch_of(Stamp stamp) const override { return stamp; }
  bool observe(Stamp stamp) override {
    last_ = std::max(last_, stamp.bits);
    return true;
  }

 private:
  std::uint64_t last_ = 1'000;
};

class ReadAheadTest : public ::testing::Test {
 protected:
  ReadAheadTest()
      : executor_(scheduler_, 0),
        disk_(simulation::make_map_disk()),
        storage_(std::move(*disk_->open()), readers_),
        committer_(scheduler_, storage_, {}),
        store_("disk", storage_, committer_, &readers_) {
    store_.set_incarnation(Stamp{7});
  }

  KeyAddress address(BytesView key) { return {store_, 3, 1, key}; }
  static Bytes storage_key(BytesView key) { return data_key(3, 1, key); }
  void store(BytesView key, BytesView value) {
    const Bytes at = storage_key(key);
    const Mutation mutation{at, value};
    ASSERT_TRUE(storage_.write({&mutation, 1}).is_ok());
  }
  /// Notes `name` and what is at hand when it runs: "name: value", "name: absent", "name: nothing at hand".
  ReadAhead::Then note(const std::string& name) {
    return [this, name](const KeyAddress& at) {
      const ReadAhead::Stored* stored = ahead_.at_hand(at.store, storage_key(at.key));
      notes_.push_back(name + ": " + (stored == nullptr ? "nothing at hand" : (**stored).value_or("absent")));
    };
  }
  void read(BytesView key, const std::string& name) {
    ahead_.read(address(key), storage_key(key), nullptr, note(name));
  }
  void turn() { scheduler_.run_for(std::chrono::milliseconds(1)); }

  Scheduler scheduler_{1};
  SimExecutor executor_;
  HandReaders readers_;
  std::unique_ptr<simulation::Disk> disk_;
  WatchedStorage storage_;
  SimCommitter committer_;
  Store store_;
  ReadAhead ahead_{executor_};
  std::vector<std::string> notes_;
};

TEST_F(ReadAheadTest, ATaskRunsWithWhatIsStoredAtHand) {
  store("key", "value");
  read("key", "one");
  read("other", "two");
  turn();
  EXPECT_THAT(notes_, IsEmpty()) << "nothing was read yet";
  readers_.make(0);
  readers_.make(1);
  readers_.hand_over(1);  // keys do not wait for one another
  turn();
  EXPECT_THAT(notes_, ElementsAre("two: absent"));
  readers_.hand_over(0);
  turn();
  EXPECT_THAT(notes_, ElementsAre("two: absent", "one: value"));
  EXPECT_EQ(ahead_.at_hand(store_, storage_key("key")), nullptr) << "it is old as soon as the task is over";
  EXPECT_EQ(storage_.on_the_loop, 0);
}

TEST_F(ReadAheadTest, TasksOfOneKeyShareAReadAndKeepTheirOrder) {
  store("key", "value");
  for (const char* name : {"one", "two", "three"}) read("key", name);
  EXPECT_EQ(readers_.waiting(), 1U);
  EXPECT_TRUE(ahead_.reading({&store_, storage_key("key")}));
  readers_.make(0);
  readers_.hand_over(0);
  turn();
  EXPECT_THAT(notes_, ElementsAre("one: value", "two: value", "three: value"));
  EXPECT_FALSE(ahead_.reading({&store_, storage_key("key")}));
}

TEST_F(ReadAheadTest, AReadThatACommitHasOvertakenIsMadeAgain) {
  store("key", "old");
  read("key", "one");
  readers_.make(0);
  store("key", "new");
  ahead_.changed({&store_, storage_key("key")});
  ahead_.changed({&store_, storage_key("other")});
  readers_.hand_over(0);
  turn();
  EXPECT_THAT(notes_, IsEmpty()) << "what was read is old";
  ASSERT_EQ(readers_.waiting(), 1U);
  readers_.make(0);
  readers_.hand_over(0);
  turn();
  EXPECT_THAT(notes_, ElementsAre("one: new"));
  EXPECT_EQ(ahead_.overtaken(), 1U);
}

TEST_F(ReadAheadTest, AReadThatBeganBeforeItsStoreHasChangedIsMadeAgain) {
  Store other("other", storage_, committer_, &readers_);
  store("key", "old");
  read("key", "one");
  ahead_.read({other, 3, 1, "key"}, storage_key("key"), nullptr,
              [this](const KeyAddress&) { notes_.emplace_back("other"); });
  readers_.make(0);
  readers_.make(1);
  store("key", "new");
  ahead_.changed(store_);
  readers_.hand_over(0);
  readers_.hand_over(0);
  turn();
  EXPECT_THAT(notes_, ElementsAre("other")) << "what was read of the one is old, and of the other store it is not";
  ASSERT_EQ(readers_.waiting(), 1U);
  readers_.make(0);
  readers_.hand_over(0);
  turn();
  EXPECT_THAT(notes_, ElementsAre("other", "one: new"));
}

TEST_F(ReadAheadTest, AKeyThatIsNeverStillIsNotReadForEver) {
  read("key", "one");
  int reads = 0;
  for (; readers_.waiting() > 0 && reads < 100; ++reads) {
    readers_.make(0);
    ahead_.changed({&store_, storage_key("key")});
    readers_.hand_over(0);
    turn();
  }
  EXPECT_LT(reads, 10);
  EXPECT_THAT(notes_, ElementsAre("one: nothing at hand"));
}

/// A replica over the same storage: what it reads to write, readers read.
class BlockingReplica : public ReadAheadTest {
 protected:
  BlockingReplica() : replica_("a", executor_, stamps_, counters_) {}

  void write(const Bytes& value) {
    replica_.prepare(address("key"), nullptr, [this, value](const KeyAddress& at) {
      WriteIntent intent;
      intent.value = value;
      Result<Replica::Prepared> prepared = replica_.write(at, std::move(intent), {}, [](const Status&) {});
      ASSERT_TRUE(prepared.is_ok());
      dots_.push_back(prepared->dot.counter);
    });
  }
  void read_all() {
    while (readers_.waiting() > 0) {
      readers_.make(0);
      readers_.hand_over(0);
      turn();
    }
  }
  void settle() { scheduler_.run_for(std::chrono::seconds(1)); }

  CountingStamps stamps_;
  ReplicaCounters counters_;
  Replica replica_;
  std::vector<std::uint64_t> dots_;
};

TEST_F(BlockingReplica, WritesBuildOnOneAnotherAndNothingIsReadOnTheLoop) {
  write("one");
  write("two");
  EXPECT_THAT(dots_, IsEmpty());
  read_all();
  EXPECT_THAT(dots_, ElementsAre(1, 2)) << "the second builds on the first, which is on its way";
  EXPECT_TRUE(replica_.in_flight(address("key")));
  write("three");
  EXPECT_THAT(dots_, ElementsAre(1, 2, 3)) << "what is on its way need not be read";
  settle();
  write("four");
  EXPECT_EQ(readers_.waiting(), 1U);
  read_all();
  settle();
  EXPECT_THAT(dots_, ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(storage_.on_the_loop, 0);
  EXPECT_EQ(storage_.by_readers, 2);
}

TEST_F(BlockingReplica, MergesAndRemovalsWaitForReadersToo) {
  write("mine");
  read_all();
  settle();
  Record elsewhere;
  Version version;
  version.dot = {{"b", Stamp{500}}, 1};
  version.stamp = Stamp{500};
  version.value = "theirs";
  elsewhere.context.add(version.dot);
  elsewhere.versions.push_back(version);
  std::vector<bool> merged;
  replica_.merge(address("key"), {elsewhere, stamps_.now()},
                 [&](const Result<std::uint64_t>& digest) { merged.push_back(digest.is_ok()); });
  turn();
  EXPECT_THAT(merged, IsEmpty());
  read_all();
  settle();
  EXPECT_THAT(merged, ElementsAre(true));
  std::vector<bool> removed;
  replica_.remove(address("key"), [&](const Status& outcome) { removed.push_back(outcome.is_ok()); });
  read_all();
  settle();
  EXPECT_THAT(removed, ElementsAre(true));
  EXPECT_EQ(storage_.on_the_loop, 0);
  EXPECT_EQ(replica_.held(address("key"), true)->digest, 0U);
}

}  // namespace
}  // namespace stator
