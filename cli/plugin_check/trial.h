#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernel/plugins/loader.h"
#include "stator/config.h"
#include "stator/host.h"
#include "stator/status.h"

namespace stator::cli {

/// What is to be tried, and how.
struct Subject {
  std::string path;
  std::vector<std::string> options;  ///< "segment_bytes=4KiB": as they would stand in its table
  std::uint64_t seed = 1;

  std::string file() const;
  /// By the file's name, stator_<kind>_<name>.so; empty if that is not its form.
  std::string kind() const;
};

/// A plugin that is loaded, with its options read: in the process of one check, as the first thing it does. [serial]
class Trial {
 public:
  /// As Loader::load_file and check_options refuse. [blocking]
  static Result<std::unique_ptr<Trial>> begin(const Subject& subject);

  const Plugin& plugin() const { return *plugin_; }
  /// Null, with the reason in `why`.
  void* create(Host& host, Status& why) const { return plugin_->descriptor->create(host, config_, why); }
  void destroy(void* instance) const { plugin_->descriptor->destroy(instance); }

  /// An instance of the plugin, whose interface it is. Null where create has none, which is a check of its own.
  template <typename Interface>
  std::unique_ptr<Interface> make(Host& host) const {
    Status why;
    return std::unique_ptr<Interface>(static_cast<Interface*>(create(host, why)));
  }

 private:
  explicit Trial(Loader loader) : loader_(std::move(loader)) {}

  Loader loader_;
  const Plugin* plugin_ = nullptr;
  Config config_;
};

}  // namespace stator::cli
