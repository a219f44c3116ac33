#include "service.h"
#include "stator/v1/admin.grpc.pb.h"
#include "unary_call.h"

namespace stator::grpc_transport {
namespace {

template <typename Method>
void serve_page(const char* page, Wiring& wiring, std::shared_ptr<UnaryCall<Method>> call) {
  wiring.clients->inspect(page, {}, [call = std::move(call)](Outcome<Page> outcome) {
    if (!outcome.is_ok()) return call->fail(outcome.failure());
    v1::PageReply reply;
    reply.set_content_type(std::move(outcome->content_type));
    reply.set_body(std::move(outcome->body));
    call->answer(reply);
  });
}

struct PageMethod {
  using Service = v1::Admin::AsyncService;
  using Request = v1::PageRequest;
  using Reply = v1::PageReply;
};

struct Health : PageMethod {
  static void arm(Service& service, const Armed<Request, Reply>& armed) {
    service.RequestHealth(armed.context, armed.request, armed.writer, armed.queue, armed.queue, armed.tag);
  }
  static void serve(Wiring& wiring, std::shared_ptr<UnaryCall<Health>> call) {
    serve_page("health", wiring, std::move(call));
  }
};

struct Ring : PageMethod {
  static void arm(Service& service, const Armed<Request, Reply>& armed) {
    service.RequestRing(armed.context, armed.request, armed.writer, armed.queue, armed.queue, armed.tag);
  }
  static void serve(Wiring& wiring, std::shared_ptr<UnaryCall<Ring>> call) {
    serve_page("ring", wiring, std::move(call));
  }
};

struct Keyspaces : PageMethod {
  static void arm(Service& service, const Armed<Request, Reply>& armed) {
    service.RequestKeyspaces(armed.context, armed.request, armed.writer, armed.queue, armed.queue, armed.tag);
  }
  static void serve(Wiring& wiring, std::shared_ptr<UnaryCall<Keyspaces>> call) {
    serve_page("keyspaces", wiring, std::move(call));
  }
};

struct Plugins : PageMethod {
  static void arm(Service& service, const Armed<Request, Reply>& armed) {
    service.RequestPlugins(armed.context, armed.request, armed.writer, armed.queue, armed.queue, armed.tag);
  }
  static void serve(Wiring& wiring, std::shared_ptr<UnaryCall<Plugins>> call) {
    serve_page("plugins", wiring, std::move(call));
  }
};

}  // namespace

std::unique_ptr<Service> add_admin(grpc::ServerBuilder& builder) {
  return std::make_unique<UnaryService<v1::Admin::AsyncService, Health, Ring, Keyspaces, Plugins>>(builder);
}

}  // namespace stator::grpc_transport
