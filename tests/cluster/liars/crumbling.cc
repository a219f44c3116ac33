#include <map>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>

#include "stator/plugin.h"
#include "stator/storage.h"

namespace stator {
namespace {

/// A storage that throws when somebody writes a key with "crumble" in it, or reads one with "unreadable".
class Crumbling final : public Storage {
 public:
  Status open(const Path&) override { return {}; }
  Status write(WriteBatch batch) override {
    std::unique_lock lock(mutex_);
    for (const Mutation& mutation : batch) {
      if (mutation.key.find("crumble") != BytesView::npos) throw std::runtime_error("it crumbles");
      if (mutation.remove) {
        entries_.erase(Bytes(mutation.key));
      } else {
        entries_[Bytes(mutation.key)] = mutation.value;
      }
    }
    return {};
  }
  Result<std::optional<Bytes>> get(BytesView key) override {
    if (key.find("unreadable") != BytesView::npos) throw std::runtime_error("it cannot be read");
    std::shared_lock lock(mutex_);
    const auto found = entries_.find(key);
    return found == entries_.end() ? std::optional<Bytes>() : std::optional<Bytes>(found->second);
  }
  Status scan(BytesView first, BytesView last, const Visitor& visit) override {
    std::shared_lock lock(mutex_);
    for (auto at = entries_.lower_bound(first); at != entries_.end() && (last.empty() || at->first < last); ++at) {
      if (!visit(at->first, at->second)) break;
    }
    return {};
  }
  Status checkpoint(const Path&) override { return {}; }
  StorageStats stats() const override { return {}; }

 private:
  std::shared_mutex mutex_;
  std::map<Bytes, Bytes, std::less<>> entries_;
};

}  // namespace
}  // namespace stator

STATOR_PLUGIN(stator::Storage, stator::Crumbling, .name = "crumbling", .version = "1.0.0");
