#include "kernel/plugins/guards.h"

namespace stator {
namespace {

std::string label(const Plugin& plugin, const Config& config) {
  return plugin.kind + " " + config.instance() + " (" + std::string(plugin.name()) + " " +
         std::string(plugin.version()) + ")";
}

template <typename Interface, typename Guard, typename... Rest>
Result<std::unique_ptr<Guard>> make(const Plugin& plugin, Host& host, const Config& config, Rest... rest) {
  Result<Instance<Interface>> instance = create_instance<Interface>(plugin, host, config);
  if (!instance.is_ok()) return instance.status();
  return std::make_unique<Guard>(std::move(*instance), host, label(plugin, config), rest...);
}

}  // namespace

Result<std::unique_ptr<ResolverGuard>> make_resolver(const Plugin& plugin, Host& host, const Config& config,
                                                     CallWatch* watch) {
  return make<Resolver, ResolverGuard>(plugin, host, config, plugin.has("total-order"), watch);
}

Result<std::unique_ptr<DataTypeGuard>> make_datatype(const Plugin& plugin, Host& host, const Config& config,
                                                     CallWatch* watch) {
  return make<DataType, DataTypeGuard>(plugin, host, config, watch);
}

Result<std::unique_ptr<StorageGuard>> make_storage(const Plugin& plugin, Host& host, const Config& config) {
  return make<Storage, StorageGuard>(plugin, host, config);
}

Result<std::unique_ptr<MembershipGuard>> make_membership(const Plugin& plugin, Host& host, const Config& config) {
  return make<Membership, MembershipGuard>(plugin, host, config);
}

Result<std::unique_ptr<TransportGuard>> make_transport(const Plugin& plugin, Host& host, const Config& config) {
  return make<Transport, TransportGuard>(plugin, host, config);
}

}  // namespace stator
