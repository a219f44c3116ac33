#include "kernel/node/storage_copy.h"

#include <optional>
#include <utility>
#include <vector>

namespace stator {
namespace {

constexpr std::size_t kBatchBytes = 1 << 20;
constexpr std::size_t kBatchEntries = 4096;

/// Some entries in a row, owned.
struct Portion {
  std::vector<std::pair<Bytes, Bytes>> entries;
  bool last = false;  ///< there are none behind
  std::size_t bytes = 0;
};

/// The portion that begins at `from`. A visitor must not call a storage, hence the portions.
Result<Portion> read_portion(Storage& storage, const Bytes& from) {
  Portion portion;
  portion.last = true;
  const Status scanned = storage.scan(from, {}, [&](BytesView key, BytesView value) {
    if (portion.entries.size() == kBatchEntries || portion.bytes >= kBatchBytes) {
      portion.last = false;
      return false;
    }
    portion.bytes += key.size() + value.size();
    portion.entries.emplace_back(key, value);
    return true;
  });
  if (!scanned.is_ok()) return scanned;
  return portion;
}

/// The least key above all of a portion.
Bytes behind(const Portion& portion) { return portion.entries.back().first + '\0'; }

Result<bool> is_empty(Storage& storage) {
  bool empty = true;
  const Status scanned = storage.scan({}, {}, [&](BytesView, BytesView) { return empty = false; });
  if (!scanned.is_ok()) return scanned;
  return empty;
}

Status write_portion(Storage& to, const Portion& portion) {
  std::vector<Mutation> batch;
  batch.reserve(portion.entries.size());
  for (const auto& [key, value] : portion.entries) batch.push_back({key, value});
  return to.write(batch);
}

/// The copy's entries from `from` on, up to the portion's end, are the portion's.
Status compare_portion(Storage& to, const Bytes& from, const Portion& portion) {
  const Bytes end = portion.last ? Bytes() : behind(portion);
  std::size_t at = 0;
  bool equal = true;
  Status scanned = to.scan(from, end, [&](BytesView key, BytesView value) {
    equal = at < portion.entries.size() && key == portion.entries[at].first && value == portion.entries[at].second;
    ++at;
    return equal;
  });
  if (!scanned.is_ok()) return scanned;
  if (equal && at == portion.entries.size()) return Status::ok();
  return {Code::data_loss, "the copy does not read as it was written"};
}

/// Goes through the origin portion by portion. `use` gets each portion and the key that it was looked for from.
template <typename Use>
Result<StorageProgress> walk(Storage& from, const OnProgress& progress, Use use) {
  StorageProgress met;
  Bytes cursor;
  for (;;) {
    const Result<Portion> portion = read_portion(from, cursor);
    if (!portion.is_ok()) return portion.status();
    if (!portion->entries.empty() || portion->last) {
      if (Status used = use(*portion, cursor); !used.is_ok()) return used;
    }
    met.entries += portion->entries.size();
    met.bytes += portion->bytes;
    progress(met);
    if (portion->last) return met;
    cursor = behind(*portion);
  }
}

}  // namespace

Result<StorageProgress> copy_storage(Storage& from, Storage& to, const OnProgress& progress) {
  const Result<bool> empty = is_empty(to);
  if (!empty.is_ok()) return empty.status();
  if (!*empty) return Status(Code::failed_precondition, "the place of the copy is not empty");
  Result<StorageProgress> written = walk(from, progress, [&](const Portion& portion, const Bytes&) {
    return portion.entries.empty() ? Status::ok() : write_portion(to, portion);
  });
  if (!written.is_ok()) return written;
  return walk(
      from, [](const StorageProgress&) {},
      [&](const Portion& portion, const Bytes& cursor) { return compare_portion(to, cursor, portion); });
}

}  // namespace stator
