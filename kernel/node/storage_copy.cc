#include "kernel/node/storage_copy.h"

#include <optional>
#include <utility>
#include <vector>

namespace stator {
namespace {

constexpr std::size_t kBatchBytes = 1 << 20;
constexpr std::size_t kBatchEntries = 4096;

/// Some entries in a row, owned.
struct Page {
  std::vector<std::pair<Bytes, Bytes>> entries;
  bool last = false;  ///< there are none behind
  std::size_t bytes = 0;
};

/// The page that begins at `from`. A visitor must not call a storage, hence the pages.
Result<Page> read_page(Storage& storage, const Bytes& from) {
  Page page;
  page.last = true;
  const Status scanned = storage.scan(from, {}, [&](BytesView key, BytesView value) {
    if (page.entries.size() == kBatchEntries || page.bytes >= kBatchBytes) {
      page.last = false;
      return false;
    }
    page.bytes += key.size() + value.size();
    page.entries.emplace_back(key, value);
    return true;
  });
  if (!scanned.is_ok()) return scanned;
  return page;
}

/// The least key above all of a page.
Bytes behind(const Page& page) { return page.entries.back().first + '\0'; }

Result<bool> is_empty(Storage& storage) {
  bool empty = true;
  const Status scanned = storage.scan({}, {}, [&](BytesView, BytesView) { return empty = false; });
  if (!scanned.is_ok()) return scanned;
  return empty;
}

Status write_page(Storage& to, const Page& page) {
  std::vector<Mutation> batch;
  batch.reserve(page.entries.size());
  for (const auto& [key, value] : page.entries) batch.push_back({key, value});
  return to.write(batch);
}

/// The copy's entries from `from` on, up to the page's end, are the page's.
Status compare_page(Storage& to, const Bytes& from, const Page& page) {
  const Bytes end = page.last ? Bytes() : behind(page);
  std::size_t at = 0;
  bool equal = true;
  Status scanned = to.scan(from, end, [&](BytesView key, BytesView value) {
    equal = at < page.entries.size() && key == page.entries[at].first && value == page.entries[at].second;
    ++at;
    return equal;
  });
  if (!scanned.is_ok()) return scanned;
  if (equal && at == page.entries.size()) return Status::ok();
  return {Code::data_loss, "the copy does not read as it was written"};
}

/// Goes through the origin page by page. `use` gets each page and the key that it was looked for from.
template <typename Use>
Result<StorageProgress> walk(Storage& from, const OnProgress& progress, Use use) {
  StorageProgress met;
  Bytes cursor;
  for (;;) {
    const Result<Page> page = read_page(from, cursor);
    if (!page.is_ok()) return page.status();
    if (!page->entries.empty() || page->last) {
      if (Status used = use(*page, cursor); !used.is_ok()) return used;
    }
    met.entries += page->entries.size();
    met.bytes += page->bytes;
    progress(met);
    if (page->last) return met;
    cursor = behind(*page);
  }
}

}  // namespace

Result<StorageProgress> copy_storage(Storage& from, Storage& to, const OnProgress& progress) {
  const Result<bool> empty = is_empty(to);
  if (!empty.is_ok()) return empty.status();
  if (!*empty) return Status(Code::failed_precondition, "the place of the copy is not empty");
  Result<StorageProgress> written = walk(from, progress, [&](const Page& page, const Bytes&) {
    return page.entries.empty() ? Status::ok() : write_page(to, page);
  });
  if (!written.is_ok()) return written;
  return walk(
      from, [](const StorageProgress&) {},
      [&](const Page& page, const Bytes& cursor) { return compare_page(to, cursor, page); });
}

}  // namespace stator
