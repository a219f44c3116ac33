#include "kernel/healing/partition_scan.h"

#include "kernel/replica/storage_keys.h"

namespace stator {
namespace {

// The first storage key behind the range.
Bytes end_of(const CopyRange& range) {
  if (range.keyspace < UINT16_MAX)
    return data_key(range.partition, static_cast<std::uint16_t>(range.keyspace + 1), BytesView());
  return range.partition < UINT16_MAX ? data_prefix(static_cast<Partition>(range.partition + 1)) : Bytes(1, '\2');
}

}  // namespace

Result<std::optional<Bytes>> scan_slice(const CopyRange& range, BytesView from, const SliceLimit& limit,
                                        const std::function<void(BytesView key, BytesView copy)>& visit) {
  const Bytes first = data_key(range.partition, range.keyspace, from);
  const std::size_t prefix = first.size() - from.size();
  std::size_t entries = 0;
  std::size_t bytes = 0;
  std::optional<Bytes> next;
  const Status scanned = range.store.storage().scan(first, end_of(range), [&](BytesView storage_key, BytesView copy) {
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
