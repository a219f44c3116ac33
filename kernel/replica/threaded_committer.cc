#include "kernel/replica/threaded_committer.h"

#include <map>
#include <utility>

#include "kernel/replica/commit_batch.h"

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
    const Commit& commit = waiting_[taken].commit;
    bytes += commit.key.size() + commit.value.size();
    for (const auto& [key, row] : commit.rows) bytes += key.size() + (row ? row->size() : 0);
  }
  const auto cut = waiting_.begin() + static_cast<std::ptrdiff_t>(taken);
  std::vector<Entry> batch(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(cut));
  waiting_.erase(waiting_.begin(), cut);
  crowd_ = batch.size();
  return batch;
}

void ThreadedCommitter::write(std::vector<Entry> batch) {
  std::vector<const Commit*> commits;
  commits.reserve(batch.size());
  for (const Entry& entry : batch) commits.push_back(&entry.commit);
  const auto begin = std::chrono::steady_clock::now();
  std::vector<Status> outcomes = write_batch(storage_, commits);
  if (options_.observe) options_.observe(batch.size(), std::chrono::steady_clock::now() - begin);

  struct Finished {
    UniqueFunction<void(const Status&)> done;
    Status outcome;
  };
  std::map<Executor*, std::vector<Finished>> finished;
  for (std::size_t i = 0; i < batch.size(); ++i)
    finished[batch[i].home].push_back({std::move(batch[i].commit.done), std::move(outcomes[i])});
  for (auto& [home, told] : finished) {
    home->post([told = std::move(told)]() mutable {
      for (Finished& each : told) each.done(each.outcome);
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
