#include <map>
#include <utility>

#include "tests/simulation/disk.h"

namespace stator::simulation {
namespace {

using Entries = std::map<Bytes, Bytes, std::less<>>;

class MapStorage final : public Storage {
 public:
  MapStorage(Entries& entries, const bool& broken) : entries_(entries), broken_(broken) {}
  Status open(const Path& /*directory*/) override { return Status::ok(); }
  Status write(WriteBatch batch) override {
    if (broken_) return {Code::internal, "the disk does not sync"};
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
  const bool& broken_;
};

class MapDisk final : public Disk {
 public:
  Result<std::unique_ptr<Storage>> open() override {
    broken_ = false;
    return std::unique_ptr<Storage>(std::make_unique<MapStorage>(entries_, broken_));
  }
  void cut_power(std::uint64_t /*seed*/) override {}
  void wipe() override { entries_.clear(); }
  void break_sync() override { broken_ = true; }

 private:
  Entries entries_;
  bool broken_ = false;
};

}  // namespace

std::unique_ptr<Disk> make_map_disk() { return std::make_unique<MapDisk>(); }

}  // namespace stator::simulation
