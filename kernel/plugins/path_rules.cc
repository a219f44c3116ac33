#include "kernel/plugins/path_rules.h"

#include <filesystem>

namespace stator {
namespace {

namespace fs = std::filesystem;

std::string octal(fs::perms permissions) {
  unsigned bits = static_cast<unsigned>(permissions & fs::perms::mask);
  std::string text;
  for (int shift = 9; shift >= 0; shift -= 3) text += static_cast<char>('0' + ((bits >> shift) & 7U));
  return text;
}

Status check_mode(const fs::path& path, const std::string& what) {
  std::error_code error;
  fs::perms permissions = fs::status(path, error).permissions();
  if (error) return {Code::permission_denied, what + " cannot be examined: " + error.message()};
  if ((permissions & fs::perms::others_write) == fs::perms::none) return Status::ok();
  return {Code::permission_denied,
          "expected " + what + " that others cannot write to, found mode " + octal(permissions)};
}

}  // namespace

Status check_path(const std::string& path) {
  std::error_code error;
  fs::path real = fs::canonical(path, error);
  if (error) return {Code::not_found, "expected a file, found none: " + error.message()};
  if (!fs::is_regular_file(real, error))
    return {Code::permission_denied, "expected a regular file, found something else"};
  Status file = check_mode(real, "a file");
  if (!file.is_ok()) return file;
  return check_mode(real.parent_path(), "a directory (" + real.parent_path().string() + ")");
}

}  // namespace stator
