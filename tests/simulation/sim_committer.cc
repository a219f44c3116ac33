#include "tests/simulation/sim_committer.h"

#include <algorithm>
#include <utility>

#include "kernel/replica/commit_batch.h"

namespace stator::simulation {

void SimCommitter::commit(Executor& home, Commit commit) {
  if (options_.watch) options_.watch(commit);
  if (options_.acknowledges_before_the_sync) {
    home.post([done = std::exchange(commit.done, [](const Status&) {})]() mutable { done(Status::ok()); });
  }
  waiting_.push_back({&home, std::move(commit)});
  if (sync_ == 0) begin_sync();
}

void SimCommitter::begin_sync() {
  syncing_ = std::exchange(waiting_, {});
  sync_ = scheduler_.after(scheduler_.between(options_.least_sync, options_.longest_sync), [this] { end_sync(); });
}

void SimCommitter::end_sync() {
  sync_ = 0;
  auto batch = std::exchange(syncing_, {});
  std::vector<Status> outcomes = write(batch);
  if (options_.longest_notice.count() == 0) {
    tell(batch, outcomes);
  } else {
    // Batches are told in their order: none before what is under way already.
    told_at_ = std::max(told_at_, scheduler_.now() + scheduler_.between(Duration(0), options_.longest_notice));
    finished_.push_back({std::move(batch), std::move(outcomes), 0});
    finished_.back().event = scheduler_.after(told_at_ - scheduler_.now(), [this] { tell_first(); });
  }
  if (!waiting_.empty()) begin_sync();
}

std::vector<Status> SimCommitter::write(const std::vector<Entry>& batch) {
  std::vector<const Commit*> commits;
  commits.reserve(batch.size());
  for (const Entry& entry : batch) commits.push_back(&entry.commit);
  return write_batch(storage_, commits);
}

void SimCommitter::tell(std::vector<Entry>& batch, const std::vector<Status>& outcomes) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    batch[i].home->post([done = std::move(batch[i].commit.done), outcome = outcomes[i]]() mutable { done(outcome); });
  }
}

void SimCommitter::tell_first() {
  Finished first = std::move(finished_.front());
  finished_.pop_front();
  scheduler_.cancel(first.event);
  tell(first.batch, first.outcomes);
}

void SimCommitter::flush() {
  while (!finished_.empty()) tell_first();
  scheduler_.cancel(std::exchange(sync_, 0));
  for (std::vector<Entry>* left : {&syncing_, &waiting_}) {
    auto batch = std::exchange(*left, {});
    const std::vector<Status> outcomes = write(batch);
    tell(batch, outcomes);
  }
}

SimCommitter::~SimCommitter() {
  scheduler_.cancel(sync_);
  for (const Finished& finished : finished_) scheduler_.cancel(finished.event);
}

}  // namespace stator::simulation
