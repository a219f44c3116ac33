#include "kernel/loops/code_range.h"

#include <link.h>

#include <cstddef>

namespace stator {
namespace {

struct Search {
  std::uintptr_t wanted;
  CodeRange found;
};

int look_into(dl_phdr_info* object, std::size_t /*size*/, void* searched) {
  auto& search = *static_cast<Search*>(searched);
  CodeRange code;
  bool is_it = false;
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD) continue;
    const std::uintptr_t first = object->dlpi_addr + segment.p_vaddr;
    const CodeRange range{first, first + segment.p_memsz};
    is_it = is_it || range.holds(search.wanted);
    if ((segment.p_flags & PF_X) != 0) code = range;
  }
  if (is_it) search.found = code;
  return is_it ? 1 : 0;
}

}  // namespace

CodeRange code_around(const void* address) {
  Search search{reinterpret_cast<std::uintptr_t>(address), {}};
  ::dl_iterate_phdr(look_into, &search);
  return search.found;
}

}  // namespace stator
