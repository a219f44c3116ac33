#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <shared_mutex>

#include "stator/plugin.h"
#include "stator/storage.h"

// A storage that appends each write to one file and acknowledges what may not be on the disk: CARELESS_SYNCS of 0 asks
// for no sync at all, 1 for one, and takes it that a sync that failed is made good by the next that succeeds. Neither
// is caught by killing processes.

namespace stator {
namespace {

class Careless final : public Storage {
 public:
  ~Careless() override {
    if (file_ >= 0) ::close(file_);
  }
  Status open(const Path& directory) override {
    std::filesystem::create_directories(directory);
    file_ = ::open((directory + "/all").c_str(), O_RDWR | O_CREAT | O_APPEND, 0600);
    if (file_ < 0) return failure("open");
    Bytes bytes(std::filesystem::file_size(directory + "/all"), '\0');
    const ssize_t had = ::pread(file_, bytes.data(), bytes.size(), 0);
    if (had != static_cast<ssize_t>(bytes.size())) return failure("read");
    for (BytesView rest = bytes; take(rest);) {
    }
    return {};
  }
  Status write(WriteBatch batch) override {
    std::unique_lock lock(mutex_);
    Bytes frames;
    for (const Mutation& mutation : batch) {
      apply(mutation.key, mutation.value, mutation.remove);
      append(frames, mutation);
    }
    if (::write(file_, frames.data(), frames.size()) != static_cast<ssize_t>(frames.size())) return failure("write");
    if (CARELESS_SYNCS && ::fdatasync(file_) != 0 && ::fdatasync(file_) != 0) return failure("sync");
    return {};
  }
  Result<std::optional<Bytes>> get(BytesView key) override {
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
  struct Sizes {
    std::uint32_t key;  ///< none has none: where these are zeros, the rest of the file is given up
    std::uint32_t value;
    std::uint32_t remove;
  };

  static Status failure(const std::string& what) { return {Code::internal, what + ": " + std::strerror(errno)}; }

  static void append(Bytes& frames, const Mutation& mutation) {
    const Sizes sizes{static_cast<std::uint32_t>(mutation.key.size()),
                      static_cast<std::uint32_t>(mutation.value.size()), mutation.remove ? 1U : 0U};
    frames.append(reinterpret_cast<const char*>(&sizes), sizeof(sizes)).append(mutation.key).append(mutation.value);
  }

  bool take(BytesView& rest) {
    Sizes sizes{};
    if (rest.size() < sizeof(sizes)) return false;
    std::memcpy(&sizes, rest.data(), sizeof(sizes));
    rest.remove_prefix(sizeof(sizes));
    if (sizes.key == 0 || rest.size() < std::uint64_t{sizes.key} + sizes.value) return false;
    apply(rest.substr(0, sizes.key), rest.substr(sizes.key, sizes.value), sizes.remove != 0);
    rest.remove_prefix(std::uint64_t{sizes.key} + sizes.value);
    return true;
  }

  void apply(BytesView key, BytesView value, bool remove) {
    if (remove) {
      entries_.erase(Bytes(key));
    } else {
      entries_[Bytes(key)] = Bytes(value);
    }
  }

  std::shared_mutex mutex_;
  std::map<Bytes, Bytes, std::less<>> entries_;
  int file_ = -1;
};

}  // namespace
}  // namespace stator

STATOR_PLUGIN(stator::Storage, stator::Careless, .name = CARELESS_NAME, .version = "1.0.0");
