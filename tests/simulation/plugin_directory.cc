#include "tests/simulation/plugin_directory.h"

#include <filesystem>

namespace stator::simulation {

std::string plugin_directory() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return (self.parent_path().parent_path() / "lib/stator/plugins").string();
}

}  // namespace stator::simulation
