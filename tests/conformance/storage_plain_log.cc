#include "storage_plain_log.h"

#include <cstring>
#include <functional>
#include <vector>

// Grammar of "log" and "map", numbers as the machine has them:
//
//   log     = frame* rest             ; of 4 KiB
//   map     = frame                   ; everything; its generation is the log's that continues it
//   frame   = size:u32 generation:u32 hash:u64 payload{size}
//   payload = (remove:u8 key_size:u32 value_size:u32 key value)*

namespace stator::testing {
namespace {

constexpr std::uint64_t kLogBytes = 4 << 10;
constexpr std::size_t kHeader = 16;

struct Header {
  std::uint32_t size = 0;
  std::uint32_t generation = 0;
  std::uint64_t hash = 0;
};
static_assert(sizeof(Header) == kHeader);

std::uint64_t hash(std::uint32_t generation, BytesView payload) {
  return std::hash<BytesView>()(payload) * 31 + generation + 1;
}

Bytes frame(std::uint32_t generation, BytesView payload) {
  const Header header{static_cast<std::uint32_t>(payload.size()), generation, hash(generation, payload)};
  return Bytes(reinterpret_cast<const char*>(&header), kHeader).append(payload);
}

/// The frame at the start of `bytes`, if it is whole.
std::optional<std::pair<Header, BytesView>> parse(BytesView bytes) {
  Header header;
  if (bytes.size() < kHeader) return std::nullopt;
  std::memcpy(&header, bytes.data(), kHeader);
  if (header.size > bytes.size() - kHeader) return std::nullopt;
  const BytesView payload = bytes.substr(kHeader, header.size);
  if (header.hash != hash(header.generation, payload)) return std::nullopt;
  return std::pair(header, payload);
}

void add(Bytes& payload, const Mutation& mutation) {
  const auto key_size = static_cast<std::uint32_t>(mutation.key.size());
  const auto value_size = static_cast<std::uint32_t>(mutation.remove ? 0 : mutation.value.size());
  payload.push_back(mutation.remove ? '\1' : '\0');
  payload.append(reinterpret_cast<const char*>(&key_size), 4).append(reinterpret_cast<const char*>(&value_size), 4);
  payload.append(mutation.key).append(mutation.value.substr(0, value_size));
}

template <typename Map>
void carry_out(BytesView payload, Map& map) {
  while (!payload.empty()) {
    std::uint32_t sizes[2];
    std::memcpy(sizes, payload.data() + 1, 8);
    const Bytes key(payload.substr(9, sizes[0]));
    if (payload[0] == '\1') {
      map.erase(key);
    } else {
      map[key] = payload.substr(9 + sizes[0], sizes[1]);
    }
    payload.remove_prefix(9 + sizes[0] + sizes[1]);
  }
}

Result<Bytes> read_all(File& file) {
  Result<std::uint64_t> size = file.size();
  if (!size.is_ok()) return size.status();
  return file.read(0, *size);
}

}  // namespace

Status PlainLog::open(const Path& directory) {
  directory_ = directory;
  if (Status made = files_.create_directory(directory); !made.is_ok()) return made;
  Result<std::unique_ptr<FileLock>> held = lock(directory + "/lock");
  if (!held.is_ok()) return Status(held.status().code(), directory + " is in use");
  lock_ = std::move(*held);
  if (Status loaded = load(); !loaded.is_ok()) return loaded;
  return replay();
}

Status PlainLog::load() {
  Result<std::unique_ptr<File>> file = files_.open(directory_ + "/map", OpenMode::read);
  if (file.status().code() == Code::not_found) return save(directory_, {}, 0);
  if (!file.is_ok()) return file.status();
  Result<Bytes> bytes = read_all(**file);
  if (!bytes.is_ok()) return bytes.status();
  auto whole = parse(*bytes);
  if (!whole) return Status(Code::data_loss, directory_ + "/map is damaged at offset 0");
  generation_ = whole->first.generation;
  carry_out(whole->second, map_);
  return sync_directory(directory_);
}

Status PlainLog::replay() {
  Result<std::unique_ptr<File>> file = files_.open(directory_ + "/log", OpenMode::write);
  const bool fresh = file.status().code() == Code::not_found;
  if (fresh) file = files_.open(directory_ + "/log", OpenMode::create);
  if (!file.is_ok()) return file.status();
  log_ = std::move(*file);
  if (Status grown = log_->resize(kLogBytes); !grown.is_ok()) return grown;
  Result<Bytes> bytes = read_all(*log_);
  if (!bytes.is_ok()) return bytes.status();
  while (auto whole = parse(BytesView(*bytes).substr(offset_))) {
    if (whole->first.size == 0 || (checks_generation_ && whole->first.generation != generation_)) break;
    carry_out(whole->second, map_);
    offset_ += kHeader + whole->first.size;
  }
  if (Status synced = sync(*log_); !synced.is_ok()) return synced;
  return sync_directory(directory_);
}

Status PlainLog::write(WriteBatch batch) {
  if (!failure_.is_ok()) return failure_;
  Bytes payload;
  for (const Mutation& mutation : batch) add(payload, mutation);
  if (offset_ + kHeader + payload.size() > kLogBytes) {
    Map next = map_;
    carry_out(payload, next);
    Status saved = save(directory_, next, generation_ + 1);
    if (!saved.is_ok()) {
      if (saved.code() != Code::storage_full) failure_ = saved;
      return saved;
    }
    ++generation_;
    offset_ = 0;
    std::lock_guard lock(mutex_);
    map_ = std::move(next);
    return Status::ok();
  }
  if (Status logged = append(payload); !logged.is_ok()) return failure_ = logged;
  std::lock_guard lock(mutex_);
  carry_out(payload, map_);
  return Status::ok();
}

Status PlainLog::append(BytesView payload) {
  if (Status written = log_->write(offset_, frame(generation_, payload)); !written.is_ok()) return written;
  offset_ += kHeader + payload.size();
  return sync(*log_);
}

Status PlainLog::save(const Path& directory, const Map& map, std::uint32_t generation) {
  Bytes payload;
  for (const auto& [key, value] : map) add(payload, {.key = key, .value = value});
  Result<std::unique_ptr<File>> file = files_.open(directory + "/map.new", OpenMode::create);
  if (!file.is_ok()) return file.status();
  if (Status written = (*file)->write(0, frame(generation, payload)); !written.is_ok()) return written;
  if (Status synced = sync(**file); !synced.is_ok()) return synced;
  if (Status named = files_.rename(directory + "/map.new", directory + "/map"); !named.is_ok()) return named;
  return sync_directory(directory);
}

Result<std::optional<Bytes>> PlainLog::get(BytesView key) {
  std::lock_guard lock(mutex_);
  auto found = map_.find(key);
  return found == map_.end() ? std::optional<Bytes>() : std::optional<Bytes>(found->second);
}

Status PlainLog::scan(BytesView first, BytesView last, const Visitor& visit) {
  std::lock_guard lock(mutex_);
  for (auto at = map_.lower_bound(first); at != map_.end() && (last.empty() || at->first < last); ++at) {
    if (!visit(at->first, at->second)) break;
  }
  return Status::ok();
}

Status PlainLog::checkpoint(const Path& directory) {
  if (Status made = files_.create_directory(directory); !made.is_ok()) return made;
  Result<std::vector<std::string>> names = files_.list(directory);
  if (!names.is_ok()) return names.status();
  if (!names->empty()) return Status(Code::failed_precondition, directory + " is not empty");
  std::lock_guard lock(mutex_);
  return save(directory, map_, 0);
}

StorageStats PlainLog::stats() const {
  std::lock_guard lock(mutex_);
  return {.keys = map_.size()};
}

}  // namespace stator::testing
