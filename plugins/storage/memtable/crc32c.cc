#include "crc32c.h"

#include <algorithm>

#include <isa-l/crc.h>

namespace stator::memtable {

std::uint32_t crc32c(std::uint32_t before, BytesView bytes) {
  std::uint32_t state = ~before;
  while (!bytes.empty()) {
    const std::size_t step = std::min<std::size_t>(bytes.size(), 1U << 30);  // the library counts with an int
    state =
        crc32_iscsi(reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data())), static_cast<int>(step), state);
    bytes.remove_prefix(step);
  }
  return ~state;
}

}  // namespace stator::memtable
