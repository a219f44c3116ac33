#include "tests/simulation/datatype_plugins.h"

#include "kernel/invariant.h"
#include "kernel/plugins/guards.h"
#include "kernel/plugins/loader.h"
#include "stator/testing/fake_host.h"
#include "stator/testing/modelled_files.h"

namespace stator::simulation {
namespace {

/// A guard, and the host that it needs for as long as it lives.
struct Guarded {
  testing::ModelledDisk disk;
  testing::ModelledFiles files{disk};
  testing::FakeHost host{files};
  Loader loader{{STATOR_PLUGIN_DIRECTORY}};
  std::unique_ptr<DataTypeGuard> guard;
};

}  // namespace

std::shared_ptr<const DataTypeGuard> datatype(const std::string& name) {
  auto guarded = std::make_shared<Guarded>();
  const Result<const Plugin*> plugin = guarded->loader.load("datatype", name);
  STATOR_INVARIANT(plugin.is_ok(), plugin.status().text().c_str());
  Result<std::unique_ptr<DataTypeGuard>> guard = make_datatype(**plugin, guarded->host, Config(name, {}));
  STATOR_INVARIANT(guard.is_ok(), guard.status().text().c_str());
  guarded->guard = std::move(*guard);
  return {guarded, guarded->guard.get()};
}

}  // namespace stator::simulation
