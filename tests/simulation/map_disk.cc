#include <map>
#include <optional>
#include <utility>

#include "tests/simulation/disk.h"

namespace stator::simulation {
namespace {

using Entries = std::map<Bytes, Bytes, std::less<>>;

class MapStorage final : public Storage {
 public:
  MapStorage(Entries& entries, const Status& state) : entries_(entries), state_(state) {}
  Status open(const Path& /*directory*/) override { return Status::ok(); }
  Status write(WriteBatch batch) override {
    if (!state_.is_ok()) return state_;
    for (const Mutation& mutation : batch) {
      if (mutation.remove) {
        entries_.erase(Bytes(mutation.key));
      } else {
        entries_[Bytes(mutation.key)] = mutation.value;
      }
    }
    return Status::ok();
  }
  Result<std::optional<Bytes>> get(BytesView key) override {
    auto found = entries_.find(key);
    if (found == entries_.end()) return std::optional<Bytes>();
    return std::optional<Bytes>(found->second);
  }
  Status scan(BytesView first, BytesView last, const Visitor& visit) override {
    for (auto at = entries_.lower_bound(first); at != entries_.end() && (last.empty() || at->first < last); ++at) {
      if (!visit(at->first, at->second)) break;
    }
    return Status::ok();
  }
  Status checkpoint(const Path& /*directory*/) override { return {Code::unimplemented, "a map has no files"}; }
  StorageStats stats() const override {
    StorageStats stats;
    stats.keys = entries_.size();
    return stats;
  }

 private:
  Entries& entries_;
  const Status& state_;  // what writes meet
};

// As much as a test says: what is in the map takes none of it.
class SaidSpace final : public SpaceProbe {
 public:
  Result<DiskSpace> measure() override { return DiskSpace{free, UINT64_MAX}; }
  std::uint64_t free = UINT64_MAX;
};

class MapDisk final : public Disk {
 public:
  Result<std::unique_ptr<Storage>> open() override {
    state_ = Status::ok();
    return std::unique_ptr<Storage>(std::make_unique<MapStorage>(entries_, state_));
  }
  void cut_power(std::uint64_t /*seed*/) override {}
  void kill() override {}
  void wipe() override { entries_.clear(); }
  void break_sync() override { state_ = Status(Code::internal, "the disk does not sync"); }
  void break_write() override { state_ = Status(Code::internal, "the disk does not write"); }
  void tear_next_write(std::uint64_t /*seed*/) override { state_ = Status(Code::internal, "the power goes"); }
  void fill() override {
    if (state_.is_ok()) state_ = Status(Code::storage_full, "the disk is full");
  }
  void make_room() override {
    if (state_.code() == Code::storage_full) state_ = Status::ok();
    space_.free = UINT64_MAX;
  }
  void leave_free(std::uint64_t bytes) override { space_.free = bytes; }
  SpaceProbe& space() override { return space_; }
  bool damage(std::uint64_t /*seed*/) override { return false; }
  void keep_copy() override { copy_ = entries_; }
  void restore_copy() override {
    if (copy_) entries_ = *copy_;
  }

 private:
  Entries entries_;
  std::optional<Entries> copy_;
  Status state_;
  SaidSpace space_;
};

}  // namespace

std::unique_ptr<Disk> make_map_disk() { return std::make_unique<MapDisk>(); }

}  // namespace stator::simulation
