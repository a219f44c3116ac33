#include "tests/simulation/histories/copy_names.h"

#include <cstdint>

#include "kernel/replica/storage_keys.h"

namespace stator::simulation {

std::optional<BytesView> name_in(BytesView storage_key) {
  if (const std::optional<DataKey> data = parse_data_key(storage_key)) return data->key;
  if (storage_key.size() < 2 || storage_key.front() != '\2') return std::nullopt;
  const std::size_t before = 2 + static_cast<std::uint8_t>(storage_key[1]) + 4;  // target, partition and keyspace
  return storage_key.size() < before ? std::nullopt : std::optional(storage_key.substr(before));
}

}  // namespace stator::simulation
