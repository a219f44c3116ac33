#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "tests/simulation/disk.h"

namespace stator::simulation {
namespace {

using Entries = std::map<Bytes, Bytes, std::less<>>;

class MapStorage final : public Storage, public Mending {
 public:
  MapStorage(Entries& entries, std::set<Bytes, std::less<>>& spoilt, const Status& state)
      : entries_(entries), spoilt_(spoilt), state_(state) {}
  Status open(const Path& /*directory*/) override { return Status::ok(); }
  Status write(WriteBatch batch) override {
    if (!state_.is_ok()) return state_;
    for (const Mutation& mutation : batch) {
      spoilt_.erase(Bytes(mutation.key));
      if (mutation.remove) {
        entries_.erase(Bytes(mutation.key));
      } else {
        entries_[Bytes(mutation.key)] = mutation.value;
      }
    }
    return Status::ok();
  }
  Result<std::optional<Bytes>> get(BytesView key) override {
    if (spoilt_.contains(key)) return meet();
    auto found = entries_.find(key);
    if (found == entries_.end()) return std::optional<Bytes>();
    return std::optional<Bytes>(found->second);
  }
  Status scan(BytesView first, BytesView last, const Visitor& visit) override {
    for (auto at = entries_.lower_bound(first); at != entries_.end() && (last.empty() || at->first < last); ++at) {
      if (spoilt_.contains(at->first)) return meet();
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
  bool met_damage() const override { return met_; }
  // As a block of a table: what lies between the neighbours.
  Result<std::vector<KeyRange>> survey() override {
    std::vector<KeyRange> ranges;
    for (const Bytes& key : spoilt_) {
      const auto at = entries_.find(key);
      const Bytes first = at == entries_.begin() ? Bytes() : std::prev(at)->first + '\0';
      const Bytes last = std::next(at) == entries_.end() ? key + '\0' : std::next(at)->first;
      if (!ranges.empty() && ranges.back().last > first) {
        ranges.back().last = last;
      } else {
        ranges.push_back({first, last});
      }
    }
    met_ = !spoilt_.empty();
    return ranges;
  }
  Status give_up() override {
    if (!state_.is_ok()) return state_;
    for (const Bytes& key : spoilt_) entries_.erase(key);
    spoilt_.clear();
    met_ = false;
    return Status::ok();
  }

 private:
  Status meet() {
    met_ = true;
    return {Code::data_loss, "the disk cannot read that"};
  }

  Entries& entries_;
  std::set<Bytes, std::less<>>& spoilt_;
  bool met_ = false;
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
  explicit MapDisk(bool mends) : mends_(mends) {}
  Result<std::unique_ptr<Storage>> open() override {
    state_ = Status::ok();
    auto storage = std::make_unique<MapStorage>(entries_, spoilt_, state_);
    if (mends_) mending_ = storage.get();
    return std::unique_ptr<Storage>(std::move(storage));
  }
  void cut_power(std::uint64_t /*seed*/) override {}
  void kill() override {}
  void wipe() override {
    entries_.clear();
    spoilt_.clear();
  }
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
  bool spoil(const std::vector<Bytes>& storage_keys) override {
    for (const Bytes& key : storage_keys) {
      if (entries_.contains(key)) spoilt_.insert(key);
    }
    return true;
  }
  Mending* mending() override { return mending_; }
  bool change(const Bytes& storage_key, const std::optional<Bytes>& value) override {
    value ? (void)(entries_[storage_key] = *value) : (void)entries_.erase(storage_key);
    return true;
  }
  void keep_copy() override { copy_ = entries_; }
  void restore_copy() override {
    if (copy_) entries_ = *copy_;
  }

 private:
  const bool mends_;
  Entries entries_;
  std::set<Bytes, std::less<>> spoilt_;
  MapStorage* mending_ = nullptr;
  std::optional<Entries> copy_;
  Status state_;
  SaidSpace space_;
};

}  // namespace

std::unique_ptr<Disk> make_map_disk() { return std::make_unique<MapDisk>(false); }

std::unique_ptr<Disk> make_mending_disk() { return std::make_unique<MapDisk>(true); }

}  // namespace stator::simulation
