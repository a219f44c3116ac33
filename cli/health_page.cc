#include "cli/health_page.h"

#include <cstdint>

namespace stator::cli {
namespace {

std::string shown(const std::string& value) { return value.empty() ? "not set" : "\"" + value + "\""; }

}  // namespace

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
      for (const Json& difference : field(part, "differences")) {
        troubles.push_back(kind + "." + name + ": " + field_text(difference, "setting") + " is " +
                           shown(field_text(difference, "here")) + " here, " + shown(field_text(difference, "there")) +
                           " on " + field_text(difference, "node"));
      }
    }
  }
  return troubles;
}

}  // namespace stator::cli
