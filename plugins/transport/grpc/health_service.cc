#include <algorithm>

#include "grpc/health/v1/health.grpc.pb.h"
#include "service.h"
#include "unary_call.h"

namespace stator::grpc_transport {
namespace {

namespace health = grpc::health::v1;

/// The generated service, and the names that are asked for. gRPC's own default health service is not used: it brings
/// the callback API's threads into every server, and they compete with the pollers for the sockets.
class Registered final : public health::Health::WithAsyncMethod_Check<health::Health::Service> {
 public:
  bool serves(const std::string& name) const {
    return name.empty() || std::find(names_.begin(), names_.end(), name) != names_.end();
  }
  std::vector<std::string> names_;
};

struct Check {
  using Service = Registered;
  using Request = health::HealthCheckRequest;
  using Reply = health::HealthCheckResponse;
  static void arm(Service& service, const Armed<Request, Reply>& armed) {
    service.RequestCheck(armed.context, armed.request, armed.writer, armed.queue, armed.queue, armed.tag);
  }
  static void serve(Wiring&, const std::shared_ptr<UnaryCall<Check>>& call) {
    if (!call->service().serves(call->request().service())) {
      return call->fail({Status(Code::not_found, "this server has no such service"), {}, {}});
    }
    Reply reply;
    reply.set_status(Reply::SERVING);
    call->answer(reply);
  }
};

}  // namespace

std::unique_ptr<Service> add_health(grpc::ServerBuilder& builder, std::vector<std::string> services) {
  auto made = std::make_unique<UnaryService<Registered, Check>>(builder);
  made->registered().names_ = std::move(services);
  return made;
}

}  // namespace stator::grpc_transport
