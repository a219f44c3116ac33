#include "memory.h"

#include <cstdlib>

namespace stator::lua {

void* Memory::allocate(void* memory, void* block, std::size_t old_size, std::size_t new_size) {
  Memory& self = *static_cast<Memory*>(memory);
  const std::size_t held = block == nullptr ? 0 : old_size;  // without a block Lua says here what it is for
  if (new_size == 0) {
    self.held_ -= held;
    std::free(block);
    return nullptr;
  }
  if (new_size > held) {  // a block that shrinks may not fail
    if (self.held_ - held + new_size > self.most_ || new_size > self.left_in_all_) return nullptr;
    self.left_in_all_ -= new_size;
  }
  void* moved = std::realloc(block, new_size);
  if (moved != nullptr) self.held_ += new_size - held;
  return moved;
}

}  // namespace stator::lua
