#pragma once

#include <memory>
#include <string>

#include "kernel/plugins/datatype_guard.h"
#include "kernel/plugins/membership_guard.h"
#include "kernel/plugins/plugin.h"
#include "kernel/plugins/resolver_guard.h"
#include "kernel/plugins/storage_guard.h"
#include "kernel/plugins/transport_guard.h"
#include "stator/config.h"
#include "stator/host.h"
#include "stator/status.h"

namespace stator {

/// Each makes an instance and puts its guard around it; the kernel never holds a plugin's object bare. The host
/// outlives them. `watch` ends calls that do not return; null for nothing. [startup]
Result<std::unique_ptr<ResolverGuard>> make_resolver(const Plugin& plugin, Host& host, const Config& config,
                                                     CallWatch* watch = nullptr);
Result<std::unique_ptr<DataTypeGuard>> make_datatype(const Plugin& plugin, Host& host, const Config& config,
                                                     CallWatch* watch = nullptr);
Result<std::unique_ptr<StorageGuard>> make_storage(const Plugin& plugin, Host& host, const Config& config);
Result<std::unique_ptr<MembershipGuard>> make_membership(const Plugin& plugin, Host& host, const Config& config);
Result<std::unique_ptr<TransportGuard>> make_transport(const Plugin& plugin, Host& host, const Config& config);

}  // namespace stator
