#include "tests/simulation/sim_committer.h"

#include <utility>

namespace stator::simulation {

void SimCommitter::commit(Executor& home, Commit commit) {
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
  write(std::exchange(syncing_, {}));
  if (!waiting_.empty()) begin_sync();
}

void SimCommitter::write(std::vector<Entry> batch) {
  std::vector<Mutation> mutations;
  mutations.reserve(batch.size());
  for (const Entry& entry : batch) mutations.push_back({entry.commit.key, entry.commit.value, entry.commit.remove});
  const Status outcome = storage_.write(mutations);
  for (Entry& entry : batch) {
    entry.home->post([done = std::move(entry.commit.done), outcome]() mutable { done(outcome); });
  }
}

void SimCommitter::flush() {
  scheduler_.cancel(std::exchange(sync_, 0));
  write(std::exchange(syncing_, {}));
  write(std::exchange(waiting_, {}));
}

}  // namespace stator::simulation
