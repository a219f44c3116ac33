#include "kernel/replica/threaded_committer.h"

#include <algorithm>
#include <utility>

namespace stator {

ThreadedCommitter::ThreadedCommitter(Storage& storage, Options options)
    : storage_(storage), options_(std::move(options)), thread_([this] { run(); }) {}

ThreadedCommitter::~ThreadedCommitter() { stop(); }

void ThreadedCommitter::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void ThreadedCommitter::commit(Executor& home, Commit commit) {
  std::unique_lock lock(mutex_);
  if (stopped_) {
    lock.unlock();
    home.post([done = std::move(commit.done)]() mutable { done(Status(Code::unavailable, "the server is stopping")); });
    return;
  }
  waiting_.push_back({&home, std::move(commit)});
  // While it lingers the thread looks by itself; it is woken early only when the usual crowd has come.
  const bool wake = asleep_ && (crowd_ <= 1 || waiting_.size() == 1 || waiting_.size() == crowd_);
  lock.unlock();
  if (wake) arrived_.notify_one();
}

std::vector<ThreadedCommitter::Entry> ThreadedCommitter::gather() {
  std::unique_lock lock(mutex_);
  asleep_ = true;
  arrived_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
  if (crowd_ > 1 && waiting_.size() < crowd_ && !stopping_) {
    arrived_.wait_for(lock, options_.linger, [this] { return stopping_ || waiting_.size() >= crowd_; });
  }
  asleep_ = false;
  stopped_ = stopping_ && waiting_.empty();
  std::size_t taken = 0;
  for (std::size_t bytes = 0; taken < waiting_.size() && (taken == 0 || bytes < options_.max_batch_bytes); ++taken) {
    bytes += waiting_[taken].commit.key.size() + waiting_[taken].commit.value.size();
  }
  const auto cut = waiting_.begin() + static_cast<std::ptrdiff_t>(taken);
  std::vector<Entry> batch(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(cut));
  waiting_.erase(waiting_.begin(), cut);
  crowd_ = batch.size();
  return batch;
}

void ThreadedCommitter::write(std::vector<Entry> batch) {
  std::vector<Mutation> mutations;
  mutations.reserve(batch.size());
  for (const Entry& entry : batch) mutations.push_back({entry.commit.key, entry.commit.value, entry.commit.remove});
  const auto begin = std::chrono::steady_clock::now();
  Status outcome = storage_.write(mutations);
  if (options_.observe) options_.observe(batch.size(), std::chrono::steady_clock::now() - begin);

  std::stable_sort(batch.begin(), batch.end(),
                   [](const Entry& a, const Entry& b) { return std::less<>()(a.home, b.home); });
  for (auto first = batch.begin(); first != batch.end();) {
    Executor* home = first->home;
    std::vector<UniqueFunction<void(const Status&)>> finished;
    for (; first != batch.end() && first->home == home; ++first) finished.push_back(std::move(first->commit.done));
    home->post([finished = std::move(finished), outcome]() mutable {
      for (auto& done : finished) done(outcome);
    });
  }
}

void ThreadedCommitter::run() {
  for (;;) {
    std::vector<Entry> batch = gather();
    if (batch.empty()) return;  // only when stopping
    write(std::move(batch));
  }
}

}  // namespace stator
