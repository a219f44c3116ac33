#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "stator/plugin.h"
#include "stator/storage.h"

namespace stator {
namespace {

/// A storage whose disk answers when somebody lets it: a get of a key with "stall" in it makes the file LOCK.N, N
/// counting up, and waits for a lock on the file LOCK. Everything else is in memory. It is made twice: as one that says
/// that its reads may block, and as one that keeps it to itself.
class Stalling final : public Storage {
 public:
  Stalling(Host& /*host*/, const Config& config) : lock_(config.text("lock")) {}
  Status open(const Path& /*directory*/) override { return {}; }
  Status write(WriteBatch batch) override {
    std::unique_lock lock(mutex_);
    for (const Mutation& mutation : batch) {
      if (mutation.remove) {
        entries_.erase(Bytes(mutation.key));
      } else {
        entries_[Bytes(mutation.key)] = mutation.value;
      }
    }
    return {};
  }
  Result<std::optional<Bytes>> get(BytesView key) override {
    if (key.find("stall") != BytesView::npos) stall();
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
  Status checkpoint(const Path& /*directory*/) override { return {}; }
  StorageStats stats() const override { return {}; }

 private:
  void stall() {
    const std::string entered = lock_ + "." + std::to_string(++stalled_);
    ::close(::open(entered.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    const int file = ::open(lock_.c_str(), O_RDONLY | O_CLOEXEC);
    ::flock(file, LOCK_SH);
    ::close(file);
  }

  const Path lock_;
  std::atomic<int> stalled_ = 0;
  std::shared_mutex mutex_;
  std::map<Bytes, Bytes, std::less<>> entries_;
};

constexpr stator_option kOptions[] = {{"lock", "string", nullptr, "the file to wait for"},
                                      {nullptr, nullptr, nullptr, nullptr}};

}  // namespace
}  // namespace stator

STATOR_PLUGIN(stator::Storage, stator::Stalling, .name = STALLING_NAME, .version = "1.0.0",
              .capabilities = STALLING_CAPABILITIES, .options = stator::kOptions);
