#pragma once

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "stator/host.h"

namespace stator {

/// A file that an option names, as it was when the configuration was read.
struct ConfigFile {
  std::string path;  ///< as it was typed
  std::string text;
};

/// The options of one plugin instance, already checked by the kernel against what the plugin's descriptor declares,
/// with defaults filled in. Asking for an undeclared key, or for another type than was declared, aborts: it is a bug of
/// the plugin.
class Config {
 public:
  using Value = std::variant<std::string, std::int64_t, bool, Duration, std::vector<std::string>, ConfigFile>;

  Config() = default;
  Config(std::string instance, std::map<std::string, Value, std::less<>> values)
      : instance_(std::move(instance)), values_(std::move(values)) {}

  /// The instance's name: NAME of `[storage.NAME]`.
  const std::string& instance() const { return instance_; }
  const std::string& text(std::string_view key) const { return std::get<std::string>(at(key)); }
  std::int64_t integer(std::string_view key) const { return std::get<std::int64_t>(at(key)); }
  std::uint64_t bytes(std::string_view key) const { return static_cast<std::uint64_t>(integer(key)); }
  bool flag(std::string_view key) const { return std::get<bool>(at(key)); }
  Duration duration(std::string_view key) const { return std::get<Duration>(at(key)); }
  const std::vector<std::string>& list(std::string_view key) const {
    return std::get<std::vector<std::string>>(at(key));
  }

  const ConfigFile& file(std::string_view key) const { return std::get<ConfigFile>(at(key)); }

  /// All of them by key, for who compares configurations.
  const std::map<std::string, Value, std::less<>>& values() const { return values_; }

 private:
  const Value& at(std::string_view key) const {
    auto found = values_.find(key);
    if (found == values_.end()) std::abort();
    return found->second;
  }
  std::string instance_;
  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace stator
