#include "cli/health_page.h"

#include <cstdint>

namespace stator::cli {

std::vector<std::string> troubles_of(const Json& page) {
  std::vector<std::string> troubles;
  for (const std::string kind : {"keyspaces", "storages"}) {
    for (const auto& [name, part] : field(page, kind).items()) {
      const std::string status = field_text(part, "status");
      if (status != "ok") {
        std::string& trouble = troubles.emplace_back(kind);
        trouble += '.';
        trouble += name;
        trouble += " is ";
        trouble += status.empty() ? "not known" : status;
        if (const Json& free = field(field(part, "disk"), "free_bytes"); free.is_number())
          trouble += ", with " + std::to_string(free.get<std::uint64_t>() >> 20) + " MiB free on its disk";
      }
    }
  }
  return troubles;
}

}  // namespace stator::cli
