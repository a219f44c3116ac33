#include "kernel/healing/partition_scan.h"

#include "kernel/replica/storage_keys.h"

namespace stator {
Result<std::optional<Bytes>> scan_slice(const CopyRange& range, BytesView from, const SliceLimit& limit,
                                        const std::function<void(BytesView key, BytesView copy)>& visit) {
  const Bytes first = data_key(range.partition, range.keyspace, from);
  const std::size_t prefix = first.size() - from.size();
  std::size_t entries = 0;
  std::size_t bytes = 0;
  std::optional<Bytes> next;
  const Bytes last = data_end(range.partition, range.keyspace);
  const Status scanned = range.store.storage().scan(first, last, [&](BytesView storage_key, BytesView copy) {
    const BytesView key = storage_key.substr(prefix);
    if (entries == limit.entries || bytes >= limit.bytes) {
      next = Bytes(key);
      return false;
    }
    ++entries;
    bytes += copy.size();
    visit(key, copy);
    return true;
  });
  if (!scanned.is_ok()) return scanned;
  return next;
}

void read_slices_ahead(Executor& executor, std::vector<SliceStart> slices, const SliceLimit& limit, Task then) {
  Readers* readers = slices.empty() ? nullptr : slices.front().range.store.readers();
  if (readers == nullptr) return then();
  auto read = [slices = std::move(slices), limit] {
    std::size_t entries = 0;
    for (const SliceStart& slice : slices) {
      if (entries >= limit.entries) return;
      // Whoever reads it again is told what is wrong with it.
      (void)scan_slice(slice.range, slice.from, {limit.entries - entries, limit.bytes},
                       [&entries](BytesView, BytesView) { ++entries; });
    }
  };
  readers->run(executor, std::move(read), std::move(then));
}

}  // namespace stator
