#include "kernel/node/storage_settings.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "kernel/config/suggestion.h"
#include "kernel/plugins/option_check.h"

namespace stator {
namespace {

namespace fs = std::filesystem;

Status refuse(const std::string& why) { return {Code::failed_precondition, why}; }

/// "fast" of "data/node-a/storage/fast/", and of "fast.memtable".
std::string name_of(const std::string& store) {
  std::error_code error;
  fs::path path = fs::absolute(store, error).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  const std::string directory = path.filename().string();
  return directory.substr(0, directory.find('.'));
}

std::string names_of(const std::vector<InstanceOptions>& storages) {
  std::vector<std::string> names;
  names.reserve(storages.size());
  for (const InstanceOptions& storage : storages) names.push_back(storage.name);
  return one_of(names);
}

}  // namespace

StorageSettings::StorageSettings(std::string file, const ClusterConfig& config, std::string name)
    : file_(std::move(file)), name_(std::move(name)) {
  std::copy_if(config.instances.begin(), config.instances.end(), std::back_inserter(storages_),
               [](const InstanceOptions& instance) { return instance.kind == "storage"; });
}

Result<Config> StorageSettings::options_for(const std::string& store, const Plugin& plugin) const {
  const std::string name = name_.empty() ? name_of(store) : name_;
  const std::string written = store + " was written by " + std::string(plugin.name());
  const auto told = std::find_if(storages_.begin(), storages_.end(),
                                 [&name](const InstanceOptions& storage) { return storage.name == name; });
  if (!file_.empty() && told == storages_.end())
    return refuse(written + " under the options of [storage." + name + "], and " + file_ + " has none; it has " +
                  names_of(storages_));
  if (told != storages_.end() && told->plugin != plugin.name())
    return refuse(written + ", and by " + file_ + " [storage." + name + "] is written by " + told->plugin +
                  ": name the file that it was written under");
  CheckedOptions checked =
      check_options(plugin.descriptor->options, told == storages_.end() ? Setting() : told->settings, "storage", name);
  if (checked.problems.empty()) return std::move(checked.config);
  if (file_.empty())
    return refuse(written + ", which cannot open it without its options: name the file that it was written under " +
                  "(--config)\n" + report(checked.problems));
  return refuse(written + ", whose options are not right:\n" + report(checked.problems));
}

}  // namespace stator
