#include "cli/own_path.h"

#include <filesystem>

namespace stator::cli {

std::string own_directory() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "." : self.parent_path().string();
}

}  // namespace stator::cli
