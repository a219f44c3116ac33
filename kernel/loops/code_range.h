#pragma once

#include <cstdint>

namespace stator {

/// Addresses of machine code: [first, last). A plain value.
struct CodeRange {
  std::uintptr_t first = 0;
  std::uintptr_t last = 0;

  bool empty() const { return first == last; }
  bool holds(std::uintptr_t address) const { return address >= first && address < last; }
};

/// The code of the shared object, or of the program, that `address` is in; empty if it is in none.
CodeRange code_around(const void* address);

}  // namespace stator
