#pragma once

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
    bool acknowledges_before_the_sync = false;  ///< the liar
  };

  /// Both outlive the committer.
  SimCommitter(Scheduler& scheduler, Storage& storage, Options options)
      : scheduler_(scheduler), storage_(storage), options_(options) {}
  ~SimCommitter() override { scheduler_.cancel(sync_); }

  void commit(Executor& home, Commit commit) override;
  /// Writes what waits, now, as a clean stop does.
  void flush();

 private:
  struct Entry {
    Executor* home;
    Commit commit;
  };

  void begin_sync();
  void end_sync();
  void write(std::vector<Entry> batch);

  Scheduler& scheduler_;
  Storage& storage_;
  const Options options_;
  std::vector<Entry> waiting_;
  std::vector<Entry> syncing_;
  EventId sync_ = 0;
};

}  // namespace stator::simulation
