#include "tests/simulation/datatype_plugins.h"

#include "kernel/invariant.h"
#include "kernel/plugins/guards.h"
#include "kernel/plugins/loader.h"
#include "kernel/plugins/option_check.h"
#include "stator/testing/fake_host.h"
#include "stator/testing/modelled_files.h"
#include "tests/simulation/plugin_directory.h"

namespace stator::simulation {
namespace {

/// A guard, and the host that it needs for as long as it lives.
struct Guarded {
  testing::ModelledDisk disk;
  testing::ModelledFiles files{disk};
  testing::FakeHost host{files};
  Loader loader{{plugin_directory()}};
  std::unique_ptr<DataTypeGuard> guard;
};

}  // namespace

std::shared_ptr<const DataTypeGuard> datatype(const std::string& name) {
  auto guarded = std::make_shared<Guarded>();
  const Result<const Plugin*> plugin = guarded->loader.load("datatype", name);
  STATOR_INVARIANT(plugin.is_ok(), plugin.status().text().c_str());
  const Result<Config> config = check_given_options(**plugin, {}, name);
  STATOR_INVARIANT(config.is_ok(), config.status().text().c_str());
  Result<std::unique_ptr<DataTypeGuard>> guard = make_datatype(**plugin, guarded->host, *config);
  STATOR_INVARIANT(guard.is_ok(), guard.status().text().c_str());
  guarded->guard = std::move(*guard);
  return {guarded, guarded->guard.get()};
}

}  // namespace stator::simulation
