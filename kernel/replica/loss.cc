#include "kernel/replica/loss.h"

#include <algorithm>

#include "kernel/replica/storage_keys.h"

namespace stator {
namespace {

bool overlap(const KeyRange& range, const Bytes& first, const Bytes& last) {
  return range.first < last && first < range.last;
}

// Where copies are: whole or their heads, and the rows of those.
constexpr unsigned kData = 1;
constexpr unsigned kRows = 4;

// The partition of a space that a storage key lies in, or the first behind it; `partitions` if there is none.
std::size_t partition_at(BytesView key, unsigned space, std::size_t partitions) {
  const auto octet = [&](std::size_t at) { return at < key.size() ? static_cast<std::uint8_t>(key[at]) : 0U; };
  if (octet(0) != space) return octet(0) < space ? 0 : partitions;
  return std::min<std::size_t>(octet(1) << 8 | octet(2), partitions);
}

bool overlap(const KeyRange& range, unsigned space, Partition partition, std::uint16_t keyspace) {
  return space == kData ? overlap(range, data_key(partition, keyspace, ""), data_end(partition, keyspace))
                        : overlap(range, rows_begin(partition, keyspace), rows_end(partition, keyspace));
}

}  // namespace

Loss loss_of(const std::vector<KeyRange>& ranges, const std::vector<std::uint16_t>& keyspaces, std::size_t partitions) {
  Loss loss;
  for (const KeyRange& range : ranges) {
    loss.notes = loss.notes || overlap(range, meta_key(""), Bytes(1, '\1'));
    loss.cuts = loss.cuts || overlap(range, cut_prefix(), Bytes(1, '\4'));
    for (const unsigned space : {kData, kRows}) {
      const std::size_t end = std::min(partition_at(range.last, space, partitions) + 1, partitions);
      for (std::size_t at = partition_at(range.first, space, partitions); at < end; ++at) {
        const auto partition = static_cast<Partition>(at);
        for (std::uint16_t keyspace : keyspaces) {
          if (overlap(range, space, partition, keyspace)) loss.copies.insert({keyspace, partition});
        }
      }
    }
  }
  return loss;
}

}  // namespace stator
