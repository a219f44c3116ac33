#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "stator/plugin.h"

namespace stator {

/// A plugin's shared object that was checked and loaded: its descriptor may be read and called. A plain value; the
/// library behind it stays mapped until the process ends. [any-thread]
struct Plugin {
  std::string kind;  ///< "datatype", "membership", "resolver", "storage" or "transport"
  std::string path;
  const stator_plugin_descriptor* descriptor = nullptr;

  std::string_view name() const { return descriptor->name; }
  std::string_view version() const { return descriptor->version; }
  /// The declared capabilities, as they stand there.
  std::vector<std::string> capabilities() const;
  bool has(std::string_view capability) const;
  /// "resolver lww 1.0.0", for messages.
  std::string label() const;
};

}  // namespace stator
