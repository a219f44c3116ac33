#include <google/protobuf/arena.h>
#include <grpcpp/server_builder.h>

#include "arrival.h"
#include "service.h"
#include "stator/v1/kv.grpc.pb.h"
#include "translation.h"
#include "unary_call.h"

namespace stator::grpc_transport {
namespace {

/// A reply that is built, sent and gone within one call, in a block of the stack.
template <typename Reply>
class ScratchReply {
 public:
  Reply& operator*() { return *reply_; }

 private:
  static google::protobuf::ArenaOptions options(char* block, std::size_t size) {
    google::protobuf::ArenaOptions options;
    options.initial_block = block;
    options.initial_block_size = size;
    return options;
  }
  alignas(8) char block_[2048];
  google::protobuf::Arena arena_{options(block_, sizeof block_)};
  Reply* reply_ = google::protobuf::Arena::CreateMessage<Reply>(&arena_);
};

/// Puts, deletes and updates are one request to the kernel.
template <typename Method>
void serve_write(Wiring& wiring, std::shared_ptr<UnaryCall<Method>> call) {
  auto request = to_request(std::move(call->request()), arrival_of(call->context(), wiring.host));
  if (!request.is_ok()) return call->fail({request.status(), {}, {}});
  if (request->value.size() > wiring.clients->max_value_bytes()) {
    return call->fail({Status(Code::too_large, "the value is above the limit of bytes"), {}, {}});
  }
  wiring.clients->put(std::move(*request), [call = std::move(call)](Outcome<PutResult> outcome) {
    if (!outcome.is_ok()) return call->fail(outcome.failure());
    ScratchReply<v1::PutReply> reply;
    to_reply(*outcome, *reply);
    call->answer(*reply);
  });
}

struct Put {
  using Service = v1::KV::AsyncService;
  using Request = v1::PutRequest;
  using Reply = v1::PutReply;
  static void arm(Service& service, const Armed<Request, Reply>& armed) {
    service.RequestPut(armed.context, armed.request, armed.writer, armed.queue, armed.queue, armed.tag);
  }
  static void serve(Wiring& wiring, std::shared_ptr<UnaryCall<Put>> call) { serve_write(wiring, std::move(call)); }
};

struct Delete {
  using Service = v1::KV::AsyncService;
  using Request = v1::DeleteRequest;
  using Reply = v1::PutReply;
  static void arm(Service& service, const Armed<Request, Reply>& armed) {
    service.RequestDelete(armed.context, armed.request, armed.writer, armed.queue, armed.queue, armed.tag);
  }
  static void serve(Wiring& wiring, std::shared_ptr<UnaryCall<Delete>> call) { serve_write(wiring, std::move(call)); }
};

struct Update {
  using Service = v1::KV::AsyncService;
  using Request = v1::UpdateRequest;
  using Reply = v1::PutReply;
  static void arm(Service& service, const Armed<Request, Reply>& armed) {
    service.RequestUpdate(armed.context, armed.request, armed.writer, armed.queue, armed.queue, armed.tag);
  }
  static void serve(Wiring& wiring, std::shared_ptr<UnaryCall<Update>> call) { serve_write(wiring, std::move(call)); }
};

struct Get {
  using Service = v1::KV::AsyncService;
  using Request = v1::GetRequest;
  using Reply = v1::GetReply;
  static void arm(Service& service, const Armed<Request, Reply>& armed) {
    service.RequestGet(armed.context, armed.request, armed.writer, armed.queue, armed.queue, armed.tag);
  }
  static void serve(Wiring& wiring, std::shared_ptr<UnaryCall<Get>> call) {
    auto request = to_request(std::move(call->request()), arrival_of(call->context(), wiring.host));
    if (!request.is_ok()) return call->fail({request.status(), {}, {}});
    wiring.clients->get(std::move(*request), [call = std::move(call)](Outcome<GetResult> outcome) {
      if (!outcome.is_ok()) return call->fail(outcome.failure());
      ScratchReply<v1::GetReply> reply;
      to_reply(std::move(*outcome), *reply);
      call->answer(*reply);
    });
  }
};

}  // namespace

std::unique_ptr<Service> add_kv(grpc::ServerBuilder& builder) {
  return std::make_unique<UnaryService<v1::KV::AsyncService, Put, Get, Delete, Update>>(builder);
}

}  // namespace stator::grpc_transport
