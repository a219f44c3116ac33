#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "kernel/node/node.h"
#include "kernel/node/restore_batch.h"
#include "stator/requests.h"

namespace stator {

/// Where a backup is put back into this cluster: its records are brought to all that hold their keys by the ring of
/// now, and merged there like any other. From begin to end no tombstone is collected (see Store::set_restoring): what a
/// backup holds of one key comes at different times, and what a tombstone had replaced may come after it. [a loop]
class RestoreSink {
 public:
  using Done = UniqueFunction<void(Outcome<Page>)>;

  /// `background`: for what may wait for a disk. Both outlive this.
  RestoreSink(Node& node, Background& background) : node_(node), background_(background) {}

  /// Reads the note of a restore that an earlier life left. [startup, blocking]
  Status open();
  /// Notes durably that this backup is being put back. failed_precondition if this node holds anything, or another
  /// backup is being put back; going on with the same one is fine. `check_only`: says the same and notes nothing.
  void begin(const std::string& backup, bool check_only, Executor& home, Done done);
  /// Brings each record to every holder; answered when all are durable on all of them, or with why one is not. What was
  /// done then stays done: merging is idempotent, so the batch may come again.
  void put(RestoreBatch batch, Executor& home, Done done);
  /// Takes the note away. OK if there is none.
  void end(const std::string& backup, Executor& home, Done done);

 private:
  struct Batch;

  std::string current() const;
  void set_current(const std::string& backup);
  Status check_empty() const;
  Status check_begin(const std::string& backup) const;
  void note(const std::string& backup, Executor& home, Done done);
  Status place(const RestoreBatch::Entry& entry, const std::shared_ptr<Batch>& batch);
  void merge_here(Keyspace& keyspace, Partition partition, const RestoreBatch::Entry& entry,
                  const std::shared_ptr<Batch>& batch);

  Node& node_;
  Background& background_;
  mutable std::mutex mutex_;
  std::string backup_;  // empty: none is being put back
};

}  // namespace stator
