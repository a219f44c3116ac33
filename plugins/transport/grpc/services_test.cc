// The services beside KV as any generated client sees them.

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>

#include "grpc/health/v1/health.grpc.pb.h"
#include "stator/v1/admin.grpc.pb.h"
#include "test_node.h"

namespace stator::grpc_transport {
namespace {

using testing::LoopHost;

TEST(GrpcAdmin, PagesAreTheKernelsOwn) {
  Node node;
  node.clients.on_inspect = [](const std::string& page) {
    return Outcome<Page>(Page{"application/json", "{\"page\":\"" + page + "\"}"});
  };
  node.start();
  auto admin = v1::Admin::NewStub(node.channel);
  v1::PageReply reply;
  auto ask = [&](auto method) {
    grpc::ClientContext context;
    EXPECT_TRUE((admin.get()->*method)(&context, v1::PageRequest(), &reply).ok());
    EXPECT_EQ(reply.content_type(), "application/json");
    return reply.body();
  };
  EXPECT_EQ(ask(&v1::Admin::Stub::Health), "{\"page\":\"health\"}");
  EXPECT_EQ(ask(&v1::Admin::Stub::Ring), "{\"page\":\"ring\"}");
  EXPECT_EQ(ask(&v1::Admin::Stub::Keyspaces), "{\"page\":\"keyspaces\"}");
  EXPECT_EQ(ask(&v1::Admin::Stub::Plugins), "{\"page\":\"plugins\"}");
}

TEST(GrpcReplica, TypedCallsAreTheFramesOfNodes) {
  Node node;
  node.peers.on_request = [](const v1::PeerRequest& request) {
    EXPECT_GT(request.timeout_us(), 0u);
    v1::PeerReply reply;
    if (request.has_get()) {
      reply.mutable_get()->set_found(true);
      reply.mutable_get()->set_record("record of " + request.get().key());
    } else {
      const bool put = request.has_put();
      EXPECT_EQ(put ? request.put().record() : request.delete_().record(), "a record");
      reply.mutable_put()->set_digest(put ? 1 : 2);
    }
    return reply;
  };
  node.start();
  v1::ReplicatePutReply digest;
  v1::ReplicatePutRequest put;
  put.set_record("a record");
  grpc::ClientContext putting;
  ASSERT_TRUE(node.replica->ReplicatePut(&putting, put, &digest).ok());
  EXPECT_EQ(digest.digest(), 1u);
  v1::ReplicateDeleteRequest removal;
  removal.set_record("a record");
  grpc::ClientContext removing;
  ASSERT_TRUE(node.replica->ReplicateDelete(&removing, removal, &digest).ok());
  EXPECT_EQ(digest.digest(), 2u);
  v1::ReplicaGetRequest get;
  get.set_key("k");
  v1::ReplicaGetReply got;
  grpc::ClientContext getting;
  ASSERT_TRUE(node.replica->ReplicaGet(&getting, get, &got).ok());
  EXPECT_EQ(got.record(), "record of k");
}

TEST(GrpcReplica, FailuresKeepTheirCodeAndMessage) {
  Node node;
  node.peers.on_request = [](const v1::PeerRequest& request) {
    v1::PeerReply reply;
    reply.set_code(request.has_get() ? static_cast<std::uint32_t>(Code::data_loss) : 9999);
    reply.set_message("damaged");
    return reply;
  };
  node.start();
  grpc::ClientContext context;
  v1::ReplicaGetReply got;
  grpc::Status status = node.replica->ReplicaGet(&context, v1::ReplicaGetRequest(), &got);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DATA_LOSS);
  EXPECT_EQ(status.error_message(), "damaged");
  grpc::ClientContext putting;
  v1::ReplicatePutReply digest;
  status = node.replica->ReplicatePut(&putting, v1::ReplicatePutRequest(), &digest);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
}

TEST(GrpcReplica, ADroppedRequestEndsAtItsDeadline) {
  Node node;
  node.peers.on_request = [](const v1::PeerRequest&) { return std::nullopt; };
  node.start();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(50));
  v1::ReplicaGetReply got;
  EXPECT_EQ(node.replica->ReplicaGet(&context, v1::ReplicaGetRequest(), &got).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
}

TEST(GrpcServer, HealthKnowsWhatIsServed) {
  namespace health = grpc::health::v1;
  Node node;
  node.start();
  auto stub = health::Health::NewStub(node.channel);
  for (const char* service : {"", "stator.v1.KV", "stator.v1.Admin", "stator.v1.Replica"}) {
    grpc::ClientContext context;
    health::HealthCheckRequest request;
    request.set_service(service);
    health::HealthCheckResponse reply;
    ASSERT_TRUE(stub->Check(&context, request, &reply).ok()) << service;
    EXPECT_EQ(reply.status(), health::HealthCheckResponse::SERVING);
  }
  grpc::ClientContext context;
  health::HealthCheckRequest request;
  request.set_service("no.such.Service");
  health::HealthCheckResponse reply;
  EXPECT_EQ(stub->Check(&context, request, &reply).error_code(), grpc::StatusCode::NOT_FOUND);
}

/// Asks the reflection service, whose headers Debian does not ship: both messages by their wire form.
Bytes ask_reflection(const std::shared_ptr<grpc::Channel>& channel, const Bytes& request) {
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  grpc::GenericStub stub(channel);
  auto stream = stub.PrepareCall(&context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  auto next = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  grpc::Slice slice(request);
  grpc::ByteBuffer answer;
  stream->StartCall(nullptr);
  EXPECT_TRUE(next());
  stream->Write(grpc::ByteBuffer(&slice, 1), nullptr);
  EXPECT_TRUE(next());
  stream->Read(&answer, nullptr);
  EXPECT_TRUE(next());
  grpc::Slice bytes;
  EXPECT_TRUE(answer.DumpToSingleSlice(&bytes).ok());
  stream->WritesDone(nullptr);
  EXPECT_TRUE(next());
  grpc::Status status;
  stream->Finish(&status, nullptr);
  EXPECT_TRUE(next());
  return {reinterpret_cast<const char*>(bytes.begin()), bytes.size()};
}

TEST(GrpcServer, ReflectionShowsServicesAndTheirFiles) {
  Node node;
  node.start();
  Bytes services = ask_reflection(node.channel, Bytes("\x3a\x00", 2));  // list_services
  for (const char* name : {"stator.v1.KV", "stator.v1.Admin", "stator.v1.Replica", "grpc.health.v1.Health"}) {
    EXPECT_NE(services.find(name), Bytes::npos) << name;
  }
  Bytes file = ask_reflection(node.channel, "\x22\x0cstator.v1.KV");  // file_containing_symbol
  EXPECT_NE(file.find("stator/v1/kv.proto"), Bytes::npos);
}

TEST(GrpcServer, OffersOnlyThePartsItWasGiven) {
  LoopHost host(1);
  ScriptedPeers peers;
  auto transport = make_grpc(host);
  ASSERT_TRUE(transport->start("127.0.0.1:0", nullptr, &peers).is_ok());
  auto kv = v1::KV::NewStub(grpc::CreateChannel(transport->address(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  v1::GetReply reply;
  EXPECT_EQ(kv->Get(&context, v1::GetRequest(), &reply).error_code(), grpc::StatusCode::UNIMPLEMENTED);
  transport->stop();
}

TEST(GrpcServer, TwoInstancesShareAHost) {
  Node first;
  Node second;
  for (Node* node : {&first, &second}) {
    node->clients.on_get = [node, &first](const GetRequest&) {
      GetResult result;
      result.context = node == &first ? "first" : "second";
      return Outcome<GetResult>(result);
    };
    node->start();
  }
  auto third = make_grpc(first.host);
  ASSERT_TRUE(third->start("127.0.0.1:0", &first.clients, nullptr).is_ok());
  v1::GetReply reply;
  grpc::ClientContext to_first, to_second, to_first_again;
  ASSERT_TRUE(first.kv->Get(&to_first, v1::GetRequest(), &reply).ok());
  EXPECT_EQ(reply.context(), "first");
  ASSERT_TRUE(second.kv->Get(&to_second, v1::GetRequest(), &reply).ok());
  EXPECT_EQ(reply.context(), "second");
  third->stop();
  ASSERT_TRUE(first.kv->Get(&to_first_again, v1::GetRequest(), &reply).ok());
}

TEST(GrpcServer, OptionsOutOfRangeAreRefused) {
  LoopHost host(1);
  for (auto [bytes, in_flight, threads] :
       {std::tuple(1, 1, 0), std::tuple(1 << 20, 0, 0), std::tuple(1 << 20, 1, -1)}) {
    Status why;
    Config config("grpc", {{"max_message_bytes", std::int64_t{bytes}},
                           {"max_in_flight", std::int64_t{in_flight}},
                           {"threads", std::int64_t{threads}}});
    EXPECT_EQ(stator_plugin.create(host, config, why), nullptr);
    EXPECT_EQ(why.code(), Code::invalid_argument);
  }
}

}  // namespace
}  // namespace stator::grpc_transport
