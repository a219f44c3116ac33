#include "kernel/plugins/plugin.h"

#include <algorithm>

namespace stator {

std::vector<std::string> Plugin::capabilities() const {
  std::vector<std::string> found;
  std::string_view rest = descriptor->capabilities;
  while (!rest.empty()) {
    std::string_view one = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    if (!one.empty()) found.emplace_back(one);
  }
  return found;
}

bool Plugin::has(std::string_view capability) const {
  std::vector<std::string> declared = capabilities();
  return std::find(declared.begin(), declared.end(), capability) != declared.end();
}

std::string Plugin::label() const { return kind + " " + std::string(name()) + " " + std::string(version()); }

}  // namespace stator
