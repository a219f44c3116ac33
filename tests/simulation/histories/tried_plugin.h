#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernel/plugins/loader.h"
#include "stator/config.h"
#include "stator/status.h"
#include "tests/simulation/histories/plan.h"

namespace stator::simulation {

/// A plugin that is put into simulated clusters in the place of one of the tree: loaded, with its options read. Good
/// for any number of histories. [one thread]
class TriedPlugin {
 public:
  /// As Loader::load_file and check_given_options refuse; not_supported for a kind that no simulated node has, and for
  /// a storage whose files are not the host's. [blocking]
  static Result<std::unique_ptr<TriedPlugin>> load(const std::string& path, const std::vector<std::string>& options);

  const Plugin& plugin() const { return *plugin_; }
  const Config& config() const { return config_; }
  bool is(std::string_view kind) const { return plugin_->kind == kind; }
  /// What histories must be like for it to be met.
  void demand(PlanOptions& options) const;

 private:
  explicit TriedPlugin(Loader loader) : loader_(std::move(loader)) {}

  Loader loader_;
  const Plugin* plugin_ = nullptr;
  Config config_;
};

}  // namespace stator::simulation
