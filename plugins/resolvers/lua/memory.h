#pragma once

#include <cstddef>
#include <cstdint>

namespace stator::lua {

/// What one call may allocate. A limit of what it holds at a time alone would let a script copy large texts for ever;
/// so what it takes in all is limited too, which bounds every function of Lua that makes a text. [serial]
class Memory {
 public:
  explicit Memory(std::uint64_t most) : most_(most), left_in_all_(kTurnover * most) {}

  /// A lua_Alloc; `memory` is a Memory.
  static void* allocate(void* memory, void* block, std::size_t old_size, std::size_t new_size);

 private:
  static constexpr std::uint64_t kTurnover = 16;

  const std::uint64_t most_;
  std::uint64_t held_ = 0;
  std::uint64_t left_in_all_;
};

}  // namespace stator::lua
