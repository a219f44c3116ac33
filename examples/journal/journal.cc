#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <optional>

#include "stator/frame_log.h"
#include "stator/plugin.h"
#include "stator/storage.h"

namespace {

using namespace stator;

// The file "journal" is a FrameLog of batches, numbers as the machine has them:
//
//   batch = (key_size:u32 value_size:u32 key value)*     ; a value_size of kRemoved: no value, and the key goes

constexpr std::uint32_t kRemoved = UINT32_MAX;

void add(Bytes& batch, const Mutation& mutation) {
  const BytesView value = mutation.remove ? BytesView() : mutation.value;
  const std::uint32_t sizes[] = {static_cast<std::uint32_t>(mutation.key.size()),
                                 mutation.remove ? kRemoved : static_cast<std::uint32_t>(value.size())};
  batch.append(reinterpret_cast<const char*>(sizes), sizeof sizes).append(mutation.key).append(value);
}

class Journal final : public Storage {
 public:
  Journal(Host& host, const Config&) : files_(host.files()) {}

  Status open(const Path& directory) override {
    return log_.open(directory, "journal", [this](BytesView batch) { carry_out(batch); });
  }

  Status write(WriteBatch batch) override {
    Bytes changes;
    for (const Mutation& mutation : batch) add(changes, mutation);
    if (Status written = log_.append(changes); !written.is_ok()) return written;
    const std::lock_guard lock(mutex_);
    carry_out(changes);
    return Status::ok();
  }

  Result<std::optional<Bytes>> get(BytesView key) override {
    const std::lock_guard lock(mutex_);
    const auto found = map_.find(key);
    return found == map_.end() ? std::optional<Bytes>() : std::optional(found->second);
  }

  Status scan(BytesView first, BytesView last, const Visitor& visit) override {
    const std::lock_guard lock(mutex_);
    for (auto at = map_.lower_bound(first); at != map_.end() && (last.empty() || at->first < last); ++at) {
      if (!visit(at->first, at->second)) break;
    }
    return Status::ok();
  }

  /// Another journal, of one batch with all that is there.
  Status checkpoint(const Path& directory) override {
    if (const auto names = files_.list(directory); names.is_ok() && !names->empty())
      return {Code::failed_precondition, directory + " is not empty"};
    Bytes all;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [key, value] : map_) add(all, {.key = key, .value = value});
    }
    FrameLog copy(files_);
    const Status opened = copy.open(directory, "journal", [](BytesView) {});
    return opened.is_ok() ? copy.append(all) : opened;
  }

  StorageStats stats() const override {
    const std::lock_guard lock(mutex_);
    return {.keys = map_.size(), .wal_bytes = log_.size(), .paths = {}};
  }

 private:
  void carry_out(BytesView batch) {
    for (std::uint32_t sizes[2]; !batch.empty();) {
      std::memcpy(sizes, batch.data(), sizeof sizes);
      const Bytes key(batch.substr(sizeof sizes, sizes[0]));
      batch.remove_prefix(sizeof sizes + key.size());
      if (sizes[1] == kRemoved) {
        map_.erase(key);
        continue;
      }
      map_.insert_or_assign(key, Bytes(batch.substr(0, sizes[1])));
      batch.remove_prefix(sizes[1]);
    }
  }

  Files& files_;
  FrameLog log_{files_};
  mutable std::mutex mutex_;  ///< guards map_ against those who read; the writer alone changes it
  std::map<Bytes, Bytes, std::less<>> map_;
};

}  // namespace

STATOR_PLUGIN(stator::Storage, Journal, .name = "journal", .version = "1.0.0", .capabilities = "deterministic");
