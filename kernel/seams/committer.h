#pragma once

#include <map>
#include <memory>
#include <optional>

#include "kernel/seams/executor.h"
#include "stator/bytes.h"
#include "stator/status.h"
#include "stator/task.h"

namespace stator {

/// Commits that each build on those before: once one of them has failed, what comes behind it fails too, unwritten.
struct CommitChain {
  Status broken;  ///< [the committer's thread]
};

/// One value on its way to disk, or out of it.
struct Commit {
  Bytes key;
  Bytes value;
  UniqueFunction<void(const Status&)> done;
  bool remove = false;                              ///< takes the key away; `value` is ignored
  std::map<Bytes, std::optional<Bytes>> rows = {};  ///< written with it, all or nothing; absent: taken away
  std::shared_ptr<CommitChain> chain = {};          ///< null: it depends on none before it
};

/// Group commit before one storage instance: gathers what all loops hand in while the previous batch syncs. What one
/// loop hands in is written in that order. `done` runs on `home`, once, never inside commit(), after the bytes are
/// durable or have failed to be.
class Committer {
 public:
  virtual ~Committer() = default;
  virtual void commit(Executor& home, Commit commit) = 0;
};

}  // namespace stator
