#include "tests/simulation/histories/tried_plugin.h"

#include <filesystem>
#include <utility>

#include "kernel/plugins/option_check.h"

namespace stator::simulation {
namespace {

Status check_fitness(const Plugin& plugin) {
  if (plugin.kind == "transport")
    return {Code::failed_precondition, plugin.label() +
                                           " cannot be simulated: a simulated network has no sockets; `stator plugin "
                                           "check` tries transports over real ones"};
  if (plugin.kind == "storage" && !plugin.has("deterministic"))
    return {Code::failed_precondition, plugin.label() +
                                           " cannot be simulated: it does not declare \"deterministic\", so its files "
                                           "are not the host's, and no power cut can be made to reach them"};
  return Status::ok();
}

}  // namespace

Result<std::unique_ptr<TriedPlugin>> TriedPlugin::load(const std::string& path,
                                                       const std::vector<std::string>& options) {
  std::unique_ptr<TriedPlugin> tried(new TriedPlugin(Loader({})));
  std::error_code error;
  const Result<const Plugin*> loaded =
      tried->loader_.load_file(std::filesystem::weakly_canonical(path, error).string());
  if (!loaded.is_ok()) return loaded.status();
  tried->plugin_ = *loaded;
  if (Status fit = check_fitness(**loaded); !fit.is_ok()) return fit;
  Result<Config> config = check_given_options(**loaded, options, "tried");
  if (!config.is_ok()) return config.status();
  tried->config_ = std::move(*config);
  return tried;
}

void TriedPlugin::demand(PlanOptions& options) const {
  if (is("datatype")) options.datatype = "tried";
  if (is("storage")) options.blocking = plugin_->has("reads-may-block");
}

}  // namespace stator::simulation
