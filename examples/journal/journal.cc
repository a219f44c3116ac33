#include <atomic>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "stator/plugin.h"
#include "stator/storage.h"

namespace {

using namespace stator;

// The file "journal", numbers as the machine has them:
//
//   journal = frame* torn              ; torn: what a crash has left of the last write, if anything
//   frame   = size:u64 hash:u64 batch{size}     ; the hash is of the frame's offset and the batch
//   batch   = (remove:u8 key_size:u32 value_size:u32 key value)*

constexpr std::size_t kHeader = 2 * sizeof(std::uint64_t);

std::uint64_t hash(std::uint64_t offset, BytesView batch) {
  std::uint64_t hash = 14695981039346656037u + offset;  // FNV-1a
  for (const char byte : batch) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211u;
  return hash;
}

Bytes frame(std::uint64_t offset, BytesView batch) {
  const std::uint64_t header[] = {batch.size(), hash(offset, batch)};
  return Bytes(reinterpret_cast<const char*>(header), kHeader).append(batch);
}

/// The batch of the frame at `offset`; nothing if no whole frame is there.
std::optional<BytesView> batch_at(BytesView journal, std::uint64_t offset) {
  std::uint64_t header[2];
  if (offset + kHeader > journal.size()) return std::nullopt;
  std::memcpy(header, journal.data() + offset, kHeader);
  if (header[0] > journal.size() - offset - kHeader) return std::nullopt;
  const BytesView batch = journal.substr(offset + kHeader, header[0]);
  return header[1] == hash(offset, batch) ? std::optional(batch) : std::nullopt;
}

void add(Bytes& batch, const Mutation& mutation) {
  const std::uint32_t sizes[] = {static_cast<std::uint32_t>(mutation.key.size()),
                                 static_cast<std::uint32_t>(mutation.remove ? 0 : mutation.value.size())};
  batch.push_back(mutation.remove ? '\1' : '\0');
  batch.append(reinterpret_cast<const char*>(sizes), sizeof sizes).append(mutation.key);
  batch.append(mutation.value.substr(0, sizes[1]));
}

class Journal final : public Storage {
 public:
  Journal(Host& host, const Config&) : files_(host.files()) {}

  Status open(const Path& directory) override {
    if (Status made = files_.create_directory(directory); !made.is_ok()) return made;
    auto lock = files_.lock(directory + "/lock");
    if (!lock.is_ok()) return {lock.status().code(), directory + " is in use: " + lock.status().message()};
    lock_ = std::move(*lock);
    auto file = files_.open(directory + "/journal", OpenMode::write);
    if (file.status().code() == Code::not_found) file = files_.open(directory + "/journal", OpenMode::create);
    if (!file.is_ok()) return file.status();
    file_ = std::move(*file);
    if (Status replayed = replay(directory + "/journal"); !replayed.is_ok()) return replayed;
    return files_.sync_directory(directory);
  }

  Status write(WriteBatch batch) override {
    if (!failure_.is_ok()) return failure_;
    Bytes changes;
    for (const Mutation& mutation : batch) add(changes, mutation);
    failure_ = file_->write(end_, frame(end_, changes));
    // A full disk is one again that has room, if what was begun can be taken back.
    if (failure_.code() == Code::storage_full && file_->resize(end_).is_ok()) return std::exchange(failure_, {});
    if (failure_.is_ok()) failure_ = file_->sync();
    if (!failure_.is_ok()) return failure_;  // how much of it is there is not known: nothing may come behind it
    end_ += kHeader + changes.size();
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

  /// One batch with all that is there.
  Status checkpoint(const Path& directory) override {
    if (Status made = files_.create_directory(directory); !made.is_ok()) return made;
    const auto names = files_.list(directory);
    if (!names.is_ok()) return names.status();
    if (!names->empty()) return {Code::failed_precondition, directory + " is not empty"};
    auto file = files_.open(directory + "/journal", OpenMode::create);
    if (!file.is_ok()) return file.status();
    Bytes all;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [key, value] : map_) add(all, {.key = key, .value = value});
    }
    if (Status written = (*file)->write(0, frame(0, all)); !written.is_ok()) return written;
    if (Status synced = (*file)->sync(); !synced.is_ok()) return synced;
    return files_.sync_directory(directory);
  }

  StorageStats stats() const override {
    const std::lock_guard lock(mutex_);
    return {.keys = map_.size(), .wal_bytes = end_, .paths = {}};
  }

 private:
  Status replay(const Path& path) {
    const auto size = file_->size();
    if (!size.is_ok()) return size.status();
    const auto journal = file_->read(0, *size);
    if (!journal.is_ok()) return journal.status();
    std::uint64_t last = 0;
    while (const auto batch = batch_at(*journal, end_)) {
      last = end_;
      carry_out(*batch);
      end_ += kHeader + batch->size();
    }
    // A write begins when the one before is durable, so a crash tears the last alone. What else is not whole is damage.
    for (std::uint64_t behind = end_ + 1; behind < *size; ++behind) {
      if (batch_at(*journal, behind)) return {Code::data_loss, path + " is damaged at offset " + std::to_string(end_)};
    }
    if (Status cut = file_->resize(end_); !cut.is_ok()) return cut;
    // The last frame may never have been synced, or its sync failed: then the kernel shows it and takes it for written,
    // and a sync alone would leave it out.
    if (Status again = file_->write(last, BytesView(*journal).substr(last, end_ - last)); !again.is_ok()) return again;
    return file_->sync();
  }
  void carry_out(BytesView batch) {
    while (!batch.empty()) {
      std::uint32_t sizes[2];
      std::memcpy(sizes, batch.data() + 1, sizeof sizes);
      const Bytes key(batch.substr(1 + sizeof sizes, sizes[0]));
      const BytesView value = batch.substr(1 + sizeof sizes + sizes[0], sizes[1]);
      if (batch.front() == '\1') {
        map_.erase(key);
      } else {
        map_.insert_or_assign(key, Bytes(value));
      }
      batch.remove_prefix(1 + sizeof sizes + sizes[0] + sizes[1]);
    }
  }

  Files& files_;
  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<File> file_;
  std::atomic<std::uint64_t> end_ = 0;  ///< of what is whole
  Status failure_;
  mutable std::mutex mutex_;  ///< guards map_ against those who read; the writer alone changes it
  std::map<Bytes, Bytes, std::less<>> map_;
};

}  // namespace

STATOR_PLUGIN(stator::Storage, Journal, .name = "journal", .version = "1.0.0", .capabilities = "deterministic");
