#pragma once

#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "kernel/replica/store.h"
#include "kernel/seams/executor.h"

namespace stator {

/// A loop whose clock is moved by hand, also by what runs on it: work that takes its time. [one thread]
class HandLoop final : public Executor {
 public:
  TimePoint now() const override { return now_; }
  std::uint64_t wall_millis() const override { return 1'000'000; }
  bool here() const override { return true; }
  void post(Task task) override { posted_.push_back(std::move(task)); }
  TimerId after(Duration delay, Task task) override {
    timers_.emplace(std::pair(now_ + delay, ++last_), std::move(task));
    return last_;
  }
  void cancel(TimerId timer) override {
    std::erase_if(timers_, [timer](const auto& entry) { return entry.first.second == timer; });
  }

  void pass(Duration time) { now_ += time; }
  /// Runs what was posted, or else goes to the next timer. False when there is nothing.
  bool run_one() {
    Task task;
    if (!posted_.empty()) {
      task = std::move(posted_.front());
      posted_.pop_front();
    } else if (!timers_.empty()) {
      now_ = std::max(now_, timers_.begin()->first.first);
      task = std::move(timers_.begin()->second);
      timers_.erase(timers_.begin());
    } else {
      return false;
    }
    task();
    return true;
  }
  void run_all() {
    while (run_one()) {
    }
  }

 private:
  TimePoint now_{std::chrono::hours(1)};
  std::deque<Task> posted_;
  std::map<std::pair<TimePoint, TimerId>, Task> timers_;
  TimerId last_ = 0;
};

/// A storage of which each scan takes `cost` of the loop's time; nothing is committed to it.
class SlowStorage final : public Storage, public Committer {
 public:
  explicit SlowStorage(HandLoop& loop) : loop_(loop) {}

  Status open(const Path& /*directory*/) override { return Status::ok(); }
  Status write(WriteBatch /*batch*/) override { return {Code::unimplemented, "fill entries"}; }
  Result<std::optional<Bytes>> get(BytesView /*key*/) override { return std::optional<Bytes>(); }
  Status scan(BytesView first, BytesView last, const Visitor& visit) override {
    loop_.pass(cost);
    for (auto at = entries.lower_bound(first); at != entries.end() && at->first < last; ++at) {
      if (!visit(at->first, at->second)) break;
    }
    return Status::ok();
  }
  Status checkpoint(const Path& /*directory*/) override { return {Code::unimplemented, "a map has no files"}; }
  StorageStats stats() const override { return {}; }
  void commit(Executor& home, Commit commit) override {
    home.post([done = std::move(commit.done)]() mutable { done({Code::unimplemented, "fill entries"}); });
  }

  std::map<Bytes, Bytes, std::less<>> entries;
  Duration cost{0};

 private:
  HandLoop& loop_;
};

}  // namespace stator
