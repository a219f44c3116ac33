#pragma once

#include "kernel/seams/executor.h"
#include "stator/bytes.h"
#include "stator/status.h"
#include "stator/task.h"

namespace stator {

/// One value on its way to disk, or out of it.
struct Commit {
  Bytes key;
  Bytes value;
  UniqueFunction<void(const Status&)> done;
  bool remove = false;  ///< takes the key away; `value` is ignored
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
