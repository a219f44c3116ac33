#pragma once

#include <deque>
#include <functional>
#include <utility>
#include <vector>

#include "kernel/seams/committer.h"
#include "stator/storage.h"
#include "tests/simulation/scheduler.h"

namespace stator::simulation {

/// Group commit in virtual time: while one batch syncs the next gathers; Storage::write runs at the end of the sync,
/// and a process that dies before loses the batch. [the simulation's thread]
class SimCommitter final : public Committer {
 public:
  struct Options {
    Duration least_sync = std::chrono::microseconds(200);
    Duration longest_sync = std::chrono::milliseconds(3);
    Duration longest_notice{0};                 ///< from the end of a sync until those who wait for it are told
    bool acknowledges_before_the_sync = false;  ///< the liar
    std::function<void(const Commit&)> watch;   ///< sees each as it is handed over, if there is one
  };

  /// Both outlive the committer.
  SimCommitter(Scheduler& scheduler, Storage& storage, Options options)
      : scheduler_(scheduler), storage_(storage), options_(std::move(options)) {}
  ~SimCommitter() override;

  void commit(Executor& home, Commit commit) override;
  /// Writes what waits, now, as a clean stop does.
  void flush();

 private:
  struct Entry {
    Executor* home;
    Commit commit;
  };

  /// Written, and nobody has been told yet.
  struct Finished {
    std::vector<Entry> batch;
    std::vector<Status> outcomes;
    EventId event = 0;
  };

  void begin_sync();
  void end_sync();
  std::vector<Status> write(const std::vector<Entry>& batch);
  static void tell(std::vector<Entry>& batch, const std::vector<Status>& outcomes);
  void tell_first();

  Scheduler& scheduler_;
  Storage& storage_;
  const Options options_;
  std::vector<Entry> waiting_;
  std::vector<Entry> syncing_;
  EventId sync_ = 0;
  std::deque<Finished> finished_;  // in the order of their writing
  TimePoint told_at_;              // the last of them
};

}  // namespace stator::simulation
