#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "stator/plugin.h"
#include "stator/storage.h"

namespace {

using namespace stator;

using Map = std::map<Bytes, Bytes, std::less<>>;

// The file "all", numbers as the machine has them:
//
//   all   = hash:u64 entry*                    ; the hash is that of the entries
//   entry = key_size:u32 value_size:u32 key value

std::uint64_t hash(BytesView bytes) {
  std::uint64_t hash = 14695981039346656037u;  // FNV-1a
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211u;
  return hash;
}

Bytes encode(const Map& map) {
  Bytes all(sizeof(std::uint64_t), '\0');
  for (const auto& [key, value] : map) {
    const std::uint32_t sizes[] = {static_cast<std::uint32_t>(key.size()), static_cast<std::uint32_t>(value.size())};
    all.append(reinterpret_cast<const char*>(sizes), sizeof sizes).append(key).append(value);
  }
  const std::uint64_t sum = hash(BytesView(all).substr(sizeof sum));
  std::memcpy(all.data(), &sum, sizeof sum);
  return all;
}

/// Nothing if the bytes are not what encode() has made.
std::optional<Map> decode(BytesView all) {
  std::uint64_t sum = 0;
  if (all.size() < sizeof sum) return std::nullopt;
  std::memcpy(&sum, all.data(), sizeof sum);
  all.remove_prefix(sizeof sum);
  if (sum != hash(all)) return std::nullopt;
  Map map;
  while (!all.empty()) {
    std::uint32_t sizes[2];
    std::memcpy(sizes, all.data(), sizeof sizes);
    map.emplace(all.substr(sizeof sizes, sizes[0]), all.substr(sizeof sizes + sizes[0], sizes[1]));
    all.remove_prefix(sizeof sizes + sizes[0] + sizes[1]);
  }
  return map;
}

/// A map in memory, and a file with all of it that every write makes anew: durable, simple, and slow once there is
/// much. All files are the host's, which is why the laws can cut the power at each of their operations.
class ScaffoldStorage final : public Storage {
 public:
  ScaffoldStorage(Host& host, const Config&) : files_(host.files()) {}

  Status open(const Path& directory) override {
    directory_ = directory;
    if (Status made = files_.create_directory(directory); !made.is_ok()) return made;
    // Law: a second opener is refused, with a message that names the directory.
    auto lock = files_.lock(directory + "/lock");
    if (!lock.is_ok()) return {lock.status().code(), directory + " is in use: " + lock.status().message()};
    lock_ = std::move(*lock);
    auto file = files_.open(directory + "/all", OpenMode::read);
    if (file.status().code() == Code::not_found) return Status::ok();
    if (!file.is_ok()) return file.status();
    const auto size = (*file)->size();
    if (!size.is_ok()) return size.status();
    const auto bytes = (*file)->read(0, *size);
    if (!bytes.is_ok()) return bytes.status();
    auto map = decode(*bytes);
    // Law: damaged bytes are refused with file and offset, never skipped.
    if (!map) return {Code::data_loss, directory + "/all is damaged at offset 0"};
    map_ = std::move(*map);
    return files_.sync_directory(directory);  // it may have been named by a process that was killed then
  }

  // Law: all or nothing, and durable once it returned OK. One thread writes, others read meanwhile.
  Status write(WriteBatch batch) override {
    if (!failure_.is_ok()) return failure_;
    Map next = map_;
    for (const Mutation& mutation : batch) {
      if (mutation.remove) {
        next.erase(Bytes(mutation.key));
      } else {
        next.insert_or_assign(Bytes(mutation.key), Bytes(mutation.value));
      }
    }
    if (Status saved = save(directory_, next); !saved.is_ok()) {
      // Law: what cannot be undone ends all writing. A disk without room has only refused the new file.
      if (saved.code() != Code::storage_full) failure_ = saved;
      return saved;
    }
    const std::lock_guard lock(mutex_);
    map_ = std::move(next);
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

  // Law: a copy that open() takes, in a directory that was absent or empty.
  Status checkpoint(const Path& directory) override {
    if (Status made = files_.create_directory(directory); !made.is_ok()) return made;
    const auto names = files_.list(directory);
    if (!names.is_ok()) return names.status();
    if (!names->empty()) return {Code::failed_precondition, directory + " is not empty"};
    const std::lock_guard lock(mutex_);
    return save(directory, map_);
  }

  StorageStats stats() const override {
    const std::lock_guard lock(mutex_);
    StorageStats stats;
    stats.keys = map_.size();
    for (const auto& [key, value] : map_) stats.bytes += key.size() + value.size();
    return stats;
  }

 private:
  /// A new file is synced before it takes the old one's name, and the name before anybody hears of it.
  Status save(const Path& directory, const Map& map) {
    auto file = files_.open(directory + "/all.new", OpenMode::create);
    if (!file.is_ok()) return file.status();
    if (Status written = (*file)->write(0, encode(map)); !written.is_ok()) return written;
    if (Status synced = (*file)->sync(); !synced.is_ok()) return synced;
    if (Status named = files_.rename(directory + "/all.new", directory + "/all"); !named.is_ok()) return named;
    return files_.sync_directory(directory);
  }

  Files& files_;
  Path directory_;
  std::unique_ptr<FileLock> lock_;
  Status failure_;
  mutable std::mutex mutex_;  ///< guards map_ against those who read; the writer alone changes it
  Map map_;
};

}  // namespace

STATOR_PLUGIN(stator::Storage, ScaffoldStorage, .name = "scaffold", .version = "1.0.0",
              .capabilities = "deterministic");
