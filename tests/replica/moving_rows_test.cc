// A large copy is read by several threads while another changes it: each read is of one moment, and of one that is not
// before what was durable when it began.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "kernel/causality/record_codec.h"
#include "kernel/replica/replica.h"
#include "kernel/replica/threaded_committer.h"

namespace stator {
namespace {

/// A loop whose turns the test makes.
class QueueExecutor final : public Executor {
 public:
  TimePoint now() const override { return std::chrono::steady_clock::now(); }
  std::uint64_t wall_millis() const override { return 1; }
  bool here() const override { return true; }
  void post(Task task) override {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    posted_.notify_one();
  }
  TimerId after(Duration, Task) override { return 0; }
  void cancel(TimerId) override {}
  void run_one() {
    std::unique_lock lock(mutex_);
    posted_.wait(lock, [this] { return !tasks_.empty(); });
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
  }

 private:
  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<Task> tasks_;
};

class CountingStamps final : public Stamps {
 public:
  std::optional<Stamp> next() override { return Stamp{last_ += 1 << 16}; }
  Stamp birth() override { return now(); }
  Stamp epoch_of(Stamp stamp) const override { return stamp; }
  Stamp now() override { return {last_}; }
  bool observe(Stamp) override { return true; }

 private:
  std::uint64_t last_ = 1 << 20;
};

/// Scans some entries at a time, and lets everybody else in between, also within a batch.
class ChunkedStorage final : public Storage {
 public:
  Status open(const Path&) override { return {}; }
  Status write(WriteBatch batch) override {
    for (const Mutation& mutation : batch) {
      const std::lock_guard lock(mutex_);
      if (mutation.remove) {
        entries_.erase(Bytes(mutation.key));
      } else {
        entries_[Bytes(mutation.key)] = mutation.value;
      }
    }
    return {};
  }
  Result<std::optional<Bytes>> get(BytesView key) override {
    const std::lock_guard lock(mutex_);
    const auto at = entries_.find(Bytes(key));
    return at == entries_.end() ? std::optional<Bytes>() : std::optional<Bytes>(at->second);
  }
  Status scan(BytesView first, BytesView last, const Visitor& visit) override {
    constexpr std::size_t kChunk = 8;
    Bytes from(first);
    for (;;) {
      std::vector<std::pair<Bytes, Bytes>> chunk;
      {
        const std::lock_guard lock(mutex_);
        for (auto at = entries_.lower_bound(from); at != entries_.end() && chunk.size() < kChunk; ++at) {
          if (!last.empty() && at->first >= last) break;
          chunk.emplace_back(*at);
        }
      }
      for (const auto& [key, value] : chunk) {
        if (!visit(key, value)) return {};
      }
      if (chunk.size() < kChunk) return {};
      from = chunk.back().first + '\0';
      std::this_thread::yield();
    }
  }
  Status checkpoint(const Path&) override { return {}; }
  StorageStats stats() const override { return {}; }

 private:
  std::mutex mutex_;
  std::map<Bytes, Bytes> entries_;
};

/// The element that has been in the set for longest goes, and a new one comes.
Operate take_turns(std::size_t number) {
  return [number](const VersionsThere& there, const std::optional<Context>&, const Actor&) -> Result<VersionChange> {
    VersionChange change;
    constexpr std::size_t kElements = 300;
    if (number >= kElements && there.rows != nullptr) {
      for (const Version& version : there.rows->at(std::to_string(number - kElements)))
        change.replaced.push_back(version.dot);
    }
    change.added.push_back(encode_item(std::to_string(number), "v"));
    return change;
  };
}

TEST(MovingRows, AreReadAsTheyWereAtOneMoment) {
  constexpr std::size_t kOperations = 3000;
  QueueExecutor executor;
  CountingStamps stamps;
  ReplicaCounters counters;
  ChunkedStorage storage;
  ThreadedCommitter committer(storage, {});
  Store store("disk", storage, committer);
  store.set_incarnation(Stamp{7});
  Replica replica("a", executor, stamps, counters);
  const KeyAddress key{store, 3, 1, "key"};
  std::atomic<std::size_t> durable = 0;
  std::atomic<bool> over = false;
  std::atomic<std::size_t> reads = 0;
  std::atomic<std::size_t> given_up = 0;

  const auto read = [&] {
    while (!over) {
      const std::size_t least = durable;
      const Result<Replica::Held> held = replica.held(key, false);
      if (held.status().code() == Code::unavailable) {
        ++given_up;
        continue;
      }
      ASSERT_TRUE(held.is_ok()) << held.status().text();
      const Record record = held->digest == 0 ? Record() : *decode_record(held->record);
      std::uint64_t seen = 0;
      for (const Context::Entry& entry : record.context.entries()) seen += entry.counter;
      ASSERT_GE(seen, least);
      ASSERT_EQ(record.versions.size(), std::min<std::uint64_t>(seen, 300)) << "of " << seen;
      ASSERT_EQ(held->digest, held->record.empty() ? 0 : record_digest(held->record));
      ++reads;
    }
  };
  std::thread readers[] = {std::thread(read), std::thread(read)};
  std::size_t ended = 0;
  for (std::size_t number = 0; number < kOperations; ++number) {
    WriteIntent intent;
    intent.operation = take_turns(number);
    intent.max_bytes = 1 << 20;
    const Result<Replica::Prepared> prepared = replica.write(key, std::move(intent), {}, [&](const Status& outcome) {
      EXPECT_TRUE(outcome.is_ok());
      ++durable;
      ++ended;
    });
    ASSERT_TRUE(prepared.is_ok());
    while (number + 1 - ended > 4) executor.run_one();
  }
  while (ended < kOperations) executor.run_one();
  over = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_GT(reads, 10u);
  EXPECT_LT(given_up, reads + 10);
  EXPECT_EQ(decode_record(replica.held(key, false)->record)->versions.size(), 300u);
}

}  // namespace
}  // namespace stator
