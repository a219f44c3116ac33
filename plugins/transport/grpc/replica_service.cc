#include <algorithm>

#include "arrival.h"
#include "service.h"
#include "stator/v1/peer.pb.h"
#include "stator/v1/replica.grpc.pb.h"
#include "unary_call.h"

namespace stator::grpc_transport {
namespace {

// A tool that sets no deadline must not hold a call for ever: the kernel may drop a request without an answer.
constexpr Duration kTimeout = std::chrono::seconds(10);
// Whoever calls a replica by hand is no node of the cluster.
constexpr const char* kCaller = "client";

Failure failure_of(const v1::PeerReply& reply) {
  bool known = reply.code() <= static_cast<std::uint32_t>(Code::internal);
  Failure failure{Status(known ? static_cast<Code>(reply.code()) : Code::internal, reply.message()), {}, {}};
  if (reply.has_required()) failure.required = static_cast<int>(reply.required());
  if (reply.has_acked()) failure.acked = static_cast<int>(reply.acked());
  return failure;
}

template <typename Method>
void answer(UnaryCall<Method>& call, const Frame& frame) {
  v1::PeerReply reply;
  if (!reply.ParseFromString(*frame)) {
    return call.fail({Status(Code::internal, "this node's own reply does not parse"), {}, {}});
  }
  if (reply.code() != 0) return call.fail(failure_of(reply));
  if (!Method::has_body(reply)) return call.fail({Status(Code::internal, "the reply has another body"), {}, {}});
  call.answer(Method::body(reply));
}

/// Passes the request on as the very frame that another node would have sent.
template <typename Method>
void serve_frame(Wiring& wiring, std::shared_ptr<UnaryCall<Method>> call) {
  Arrival arrival = arrival_of(call->context(), wiring.host);
  Duration left = arrival.deadline ? *arrival.deadline - wiring.host.now() : kTimeout;
  Failure late{Status(Code::deadline_exceeded, "no answer from this replica in time"), {}, {}};
  if (left <= Duration::zero()) return call->fail(late);

  v1::PeerRequest request;
  request.set_timeout_us(
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(left).count()));
  request.set_trace_id(std::move(arrival.trace_id));
  request.set_born(wiring.host.stamp().bits);
  Method::wrap(call->request(), request);
  TimerId timer = wiring.host.after(left, [call, late] { call->expire(late); });
  wiring.peers->receive(kCaller, std::make_shared<const Bytes>(request.SerializeAsString()),
                        [call, timer, &host = wiring.host](const Frame& frame) {
                          host.cancel(timer);
                          answer(*call, frame);
                        });
}

struct ReplicatePut {
  using Service = v1::Replica::AsyncService;
  using Request = v1::ReplicatePutRequest;
  using Reply = v1::ReplicatePutReply;
  static void arm(Service& service, const Armed<Request, Reply>& armed) {
    service.RequestReplicatePut(armed.context, armed.request, armed.writer, armed.queue, armed.queue, armed.tag);
  }
  static void serve(Wiring& wiring, std::shared_ptr<UnaryCall<ReplicatePut>> call) {
    serve_frame(wiring, std::move(call));
  }
  static void wrap(Request& request, v1::PeerRequest& frame) { frame.mutable_put()->Swap(&request); }
  static bool has_body(const v1::PeerReply& reply) { return reply.has_put(); }
  static const Reply& body(const v1::PeerReply& reply) { return reply.put(); }
};

struct ReplicateDelete {
  using Service = v1::Replica::AsyncService;
  using Request = v1::ReplicateDeleteRequest;
  using Reply = v1::ReplicatePutReply;
  static void arm(Service& service, const Armed<Request, Reply>& armed) {
    service.RequestReplicateDelete(armed.context, armed.request, armed.writer, armed.queue, armed.queue, armed.tag);
  }
  static void serve(Wiring& wiring, std::shared_ptr<UnaryCall<ReplicateDelete>> call) {
    serve_frame(wiring, std::move(call));
  }
  static void wrap(Request& request, v1::PeerRequest& frame) { frame.mutable_delete_()->Swap(&request); }
  static bool has_body(const v1::PeerReply& reply) { return reply.has_put(); }
  static const Reply& body(const v1::PeerReply& reply) { return reply.put(); }
};

struct ReplicaGet {
  using Service = v1::Replica::AsyncService;
  using Request = v1::ReplicaGetRequest;
  using Reply = v1::ReplicaGetReply;
  static void arm(Service& service, const Armed<Request, Reply>& armed) {
    service.RequestReplicaGet(armed.context, armed.request, armed.writer, armed.queue, armed.queue, armed.tag);
  }
  static void serve(Wiring& wiring, std::shared_ptr<UnaryCall<ReplicaGet>> call) {
    serve_frame(wiring, std::move(call));
  }
  static void wrap(Request& request, v1::PeerRequest& frame) { frame.mutable_get()->Swap(&request); }
  static bool has_body(const v1::PeerReply& reply) { return reply.has_get(); }
  static const Reply& body(const v1::PeerReply& reply) { return reply.get(); }
};

}  // namespace

std::unique_ptr<Service> add_replica(grpc::ServerBuilder& builder) {
  return std::make_unique<UnaryService<v1::Replica::AsyncService, ReplicatePut, ReplicateDelete, ReplicaGet>>(builder);
}

}  // namespace stator::grpc_transport
