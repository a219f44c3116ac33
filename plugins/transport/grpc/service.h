#pragma once

#include <memory>
#include <string>
#include <vector>

#include "poller.h"
#include "wiring.h"

namespace grpc {
class ServerBuilder;
}

namespace stator::grpc_transport {

/// One gRPC service of a server: made before the server is built, armed once it runs, and kept until its queues are
/// drained.
class Service {
 public:
  virtual ~Service() = default;
  /// [startup] After the pollers have their queues from the built server, before they run.
  virtual void arm(Wiring& wiring, const std::vector<std::unique_ptr<Poller>>& pollers) = 0;
};

/// stator.v1.KV, into Clients::put and Clients::get.
std::unique_ptr<Service> add_kv(grpc::ServerBuilder& builder);
/// stator.v1.Admin, from Clients::inspect.
std::unique_ptr<Service> add_admin(grpc::ServerBuilder& builder);
/// stator.v1.Replica, into Peers::receive under the node name "client".
std::unique_ptr<Service> add_replica(grpc::ServerBuilder& builder);
/// stator.v1.Carrier, into Peers::receive.
std::unique_ptr<Service> add_carrier(grpc::ServerBuilder& builder);
/// grpc.health.v1.Health: whatever is asked for is SERVING if this server has it. Watch is UNIMPLEMENTED, which the
/// protocol lets a client take for healthy.
std::unique_ptr<Service> add_health(grpc::ServerBuilder& builder, std::vector<std::string> services);

}  // namespace stator::grpc_transport
