#include "kernel/node/plugin_check.h"

#include <algorithm>

#include "kernel/config/suggestion.h"
#include "kernel/node/offline_host.h"
#include "kernel/plugins/instance.h"
#include "kernel/plugins/option_check.h"
#include "stator/datatype.h"
#include "stator/resolver.h"

namespace stator {
namespace {

using Keys = std::vector<std::string>;

std::string dotted(const Keys& keys) {
  std::string text;
  for (const std::string& key : keys) text += (text.empty() ? "" : ".") + key;
  return text;
}

/// Where an instance's plugin was named: in its own table, or by a keyspace that names a resolver directly.
Keys plugin_keys(const ClusterConfig& config, const Setting& document, const InstanceOptions& instance) {
  const Setting* kind = document.find(instance.kind);
  if (kind != nullptr && kind->find(instance.name) != nullptr) return {instance.kind, instance.name, "plugin"};
  for (const KeyspaceOptions& keyspace : config.keyspaces) {
    if (keyspace.resolver == instance.name) return {"keyspace", keyspace.name, "resolver"};
  }
  return {instance.kind, instance.name};
}

Problem refusal(const Setting& document, const Keys& keys, const InstanceOptions& instance, const Loader& loader,
                const Status& why) {
  Problem problem{position_of(document, keys), dotted(keys), "", "", ""};
  if (why.code() == Code::not_found) {
    std::vector<std::string> names = loader.names(instance.kind);
    if (instance.kind == "resolver") {
      const std::vector<std::string> datatypes = loader.names("datatype");
      names.insert(names.end(), datatypes.begin(), datatypes.end());
    }
    problem.found = "\"" + instance.plugin + "\", an unknown " + instance.kind + " plugin (" + why.message() + ")";
    problem.allowed = one_of(names);
    problem.suggestion = suggestion(instance.plugin, names);
  } else {
    problem.found = "\"" + instance.plugin + "\", a plugin that is refused (" + why.message() + ")";
  }
  return problem;
}

/// What a keyspace names as its resolver is a data type where no resolver has that name.
Result<const Plugin*> load(const InstanceOptions& instance, Loader& loader) {
  Result<const Plugin*> plugin = loader.load(instance.kind, instance.plugin);
  if (plugin.is_ok() || instance.kind != "resolver" || plugin.status().code() != Code::not_found) return plugin;
  Result<const Plugin*> datatype = loader.load("datatype", instance.plugin);
  return !datatype.is_ok() && datatype.status().code() == Code::not_found ? plugin : datatype;
}

/// OK if one can be made.
Status try_to_make(const Plugin& plugin, const Config& options) {
  OfflineHost host([](LogLevel, std::string_view) {});
  return plugin.kind == "datatype" ? create_instance<DataType>(plugin, host, options).status()
                                   : create_instance<Resolver>(plugin, host, options).status();
}

void check_instance(const ClusterConfig& config, const Setting& document, const InstanceOptions& instance,
                    Loader& loader, CheckedPlugins& checked) {
  if (instance.plugin.empty()) return;  // told before
  Result<const Plugin*> plugin = load(instance, loader);
  if (!plugin.is_ok()) {
    Keys keys = plugin_keys(config, document, instance);
    checked.problems.push_back(refusal(document, keys, instance, loader, plugin.status()));
    return;
  }
  CheckedOptions options =
      check_options((*plugin)->descriptor->options, instance.settings, instance.kind, instance.name);
  checked.problems.insert(checked.problems.end(), options.problems.begin(), options.problems.end());
  if (instance.kind == "resolver" && options.problems.empty()) {
    if (const Status tried = try_to_make(**plugin, options.config); !tried.is_ok()) {
      Keys keys = plugin_keys(config, document, instance);
      checked.problems.push_back(refusal(document, keys, instance, loader, tried));
    }
  }
  checked.instances.push_back({instance.kind, instance.name, *plugin, std::move(options.config)});
}

/// What one place of the configuration wants an instance's plugin to be able to do.
struct Want {
  std::string kind;
  std::string name;
  std::string capability;
  Keys keys;  ///< the place
};

std::vector<Want> wants(const ClusterConfig& config) {
  std::vector<Want> wants{{"transport", config.cluster.peer_transport, "peers", {"cluster", "peer_transport"}}};
  for (const KeyspaceOptions& keyspace : config.keyspaces) {
    for (const std::string& transport : keyspace.transports) {
      wants.push_back({"transport", transport, "clients", {"keyspace", keyspace.name, "transports"}});
    }
    if (keyspace.siblings == Siblings::collapse) {
      wants.push_back({"resolver", keyspace.resolver, "total-order", {"keyspace", keyspace.name, "siblings"}});
    }
  }
  return wants;
}

/// Names of the instances of the kind whose plugins have the capability.
std::vector<std::string> able(const CheckedPlugins& checked, const Want& want) {
  std::vector<std::string> names;
  for (const ReadyInstance& instance : checked.instances) {
    if (instance.kind == want.kind && instance.plugin->has(want.capability)) names.push_back(instance.name);
  }
  return names;
}

void check_capability(const Want& want, const Setting& document, CheckedPlugins& checked) {
  const ReadyInstance* instance = checked.find(want.kind, want.name);
  if (instance == nullptr || instance->plugin->has(want.capability)) return;
  std::string found = want.kind + " \"" + want.name + "\", whose plugin " + std::string(instance->plugin->name()) +
                      " lacks the capability \"" + want.capability + "\"";
  std::string allowed = want.kind + " " + one_of(able(checked, want));
  if (want.capability == "total-order") {
    found = "\"collapse\" with " + found;
    allowed = "\"keep\", or a resolver that is a total order";
  }
  checked.problems.push_back({position_of(document, want.keys), dotted(want.keys), found, allowed, ""});
}

}  // namespace

const ReadyInstance* CheckedPlugins::find(std::string_view kind, std::string_view name) const {
  auto at = std::find_if(instances.begin(), instances.end(),
                         [&](const ReadyInstance& each) { return each.kind == kind && each.name == name; });
  return at != instances.end() ? &*at : nullptr;
}

CheckedPlugins check_plugins(const ClusterConfig& config, const Setting& document, Loader& loader) {
  CheckedPlugins checked;
  for (const InstanceOptions& instance : config.instances) check_instance(config, document, instance, loader, checked);
  for (const Want& want : wants(config)) check_capability(want, document, checked);
  return checked;
}

}  // namespace stator
