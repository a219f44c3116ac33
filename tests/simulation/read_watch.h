#pragma once

#include <map>
#include <memory>
#include <string>

#include "stator/storage.h"
#include "tests/simulation/scheduler.h"
#include "tests/simulation/sim_readers.h"

namespace stator::simulation {

/// A storage larger than memory, and who waits for its disk: in memory is what was written or read within the last
/// second, all else a reader has to read first. The node's own notes, which are few and read where there are no loops
/// in production, are left out. [the simulation's thread]
class ReadWatch final : public Storage {
 public:
  /// Scheduler and readers outlive it.
  ReadWatch(std::unique_ptr<Storage> storage, Scheduler& scheduler, const SimReaders& readers)
      : storage_(std::move(storage)), scheduler_(scheduler), readers_(readers) {}

  /// Whether loops must not wait: not at the start, and not while a test looks.
  void watch(bool on) { on_ = on; }
  /// Entries for which a loop would have waited, and the first of them.
  std::size_t waits() const { return waits_; }
  const Bytes& first() const { return first_; }

  Status open(const Path& directory) override { return storage_->open(directory); }
  Status write(WriteBatch batch) override {
    for (const Mutation& mutation : batch) in_memory_[Bytes(mutation.key)] = scheduler_.now();
    return storage_->write(batch);
  }
  Result<std::optional<Bytes>> get(BytesView key) override {
    note(key);
    return storage_->get(key);
  }
  Status scan(BytesView first, BytesView last, const Visitor& visit) override {
    return storage_->scan(first, last, [&](BytesView key, BytesView value) {
      note(key);
      return visit(key, value);
    });
  }
  Status checkpoint(const Path& directory) override { return storage_->checkpoint(directory); }
  StorageStats stats() const override { return storage_->stats(); }

 private:
  void note(BytesView key) {
    const auto known = in_memory_.find(key);
    const bool there = known != in_memory_.end() && scheduler_.now() - known->second < std::chrono::seconds(1);
    if (readers_.reading()) {
      in_memory_[Bytes(key)] = scheduler_.now();
    } else if (on_ && !there && !key.empty() && key.front() != '\0' && waits_++ == 0) {
      first_ = key;
    }
  }

  const std::unique_ptr<Storage> storage_;
  Scheduler& scheduler_;
  const SimReaders& readers_;
  std::map<Bytes, TimePoint, std::less<>> in_memory_;
  bool on_ = false;
  std::size_t waits_ = 0;
  Bytes first_;
};

}  // namespace stator::simulation
