// The services as any generated client sees them.

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <optional>
#include <thread>

#include "grpc/health/v1/health.grpc.pb.h"
#include "scripted_clients.h"
#include "stator/testing/loop_host.h"
#include "stator/v1/admin.grpc.pb.h"
#include "stator/v1/kv.grpc.pb.h"
#include "stator/v1/peer.pb.h"
#include "stator/v1/replica.grpc.pb.h"
#include "under_test.h"

namespace stator::grpc_transport {
namespace {

using testing::LoopHost;

/// A kernel as peers see it, answering with what it is told to.
class ScriptedPeers final : public Peers {
 public:
  Bytes hello() override { return "hello"; }
  Result<std::string> meet(BytesView) override { return std::string("node-x"); }
  void receive(const std::string& node, Frame request, Reply reply) override {
    v1::PeerRequest parsed;
    EXPECT_TRUE(parsed.ParseFromString(*request));
    EXPECT_EQ(node, "client");
    if (auto answer = on_request(parsed)) reply(std::make_shared<const Bytes>(answer->SerializeAsString()));
  }
  /// nullopt: the request is dropped.
  std::function<std::optional<v1::PeerReply>(const v1::PeerRequest&)> on_request;
};

/// One node that listens, and a channel to it.
struct Node {
  explicit Node(TestOptions options = {}, int loops = 2) : host(loops), transport(make_grpc(host, options)) {}
  ~Node() { transport->stop(); }
  void start() {
    Status started = transport->start("127.0.0.1:0", &clients, &peers);
    ASSERT_TRUE(started.is_ok()) << started.text();
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    channel = grpc::CreateCustomChannel(transport->address(), grpc::InsecureChannelCredentials(), arguments);
    kv = v1::KV::NewStub(channel);
    replica = v1::Replica::NewStub(channel);
  }

  LoopHost host;
  ScriptedClients clients{host};
  ScriptedPeers peers;
  std::unique_ptr<Transport> transport;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::KV::Stub> kv;
  std::unique_ptr<v1::Replica::Stub> replica;
};

PutResult written() {
  PutResult result;
  result.context = "token";
  result.clock.add({{"node-a", Stamp::from_millis(1)}, 7});
  result.stamp = Stamp::from_millis(1234);
  return result;
}

std::string metadata(const grpc::ClientContext& context, const char* key) {
  const auto& all = context.GetServerTrailingMetadata();
  auto found = all.find(key);
  return found == all.end() ? "" : std::string(found->second.data(), found->second.size());
}

TEST(GrpcKv, PutReachesTheKernelAndItsAnswerTheClient) {
  Node node;
  std::promise<PutRequest> seen;
  node.clients.on_put = [&](PutRequest request) {
    seen.set_value(std::move(request));
    return Outcome<PutResult>(written());
  };
  node.start();
  grpc::ClientContext context;
  context.AddMetadata("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  v1::PutRequest request;
  request.set_key("user:1");
  request.set_value(Bytes("\0\xff", 2));
  v1::PutReply reply;
  ASSERT_TRUE(node.kv->Put(&context, request, &reply).ok());
  EXPECT_EQ(reply.context(), "token");
  EXPECT_EQ(reply.vector_clock().at("node-a"), 7u);
  EXPECT_EQ(reply.lww_millis(), 1234u);
  PutRequest asked = seen.get_future().get();
  EXPECT_EQ(asked.head.key, "user:1");
  EXPECT_EQ(asked.value, Bytes("\0\xff", 2));
  EXPECT_EQ(asked.head.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_FALSE(asked.head.deadline);
}

TEST(GrpcKv, DeleteIsARemoval) {
  Node node;
  node.clients.on_put = [&](PutRequest request) {
    PutResult result = written();
    result.tombstone = request.remove;
    return Outcome<PutResult>(result);
  };
  node.start();
  grpc::ClientContext context;
  v1::DeleteRequest request;
  request.set_key("k");
  v1::PutReply reply;
  ASSERT_TRUE(node.kv->Delete(&context, request, &reply).ok());
  EXPECT_TRUE(reply.tombstone());
}

TEST(GrpcKv, AnAbsentKeyIsAnAnswer) {
  Node node;
  node.clients.on_get = [](GetRequest) { return Outcome<GetResult>(GetResult()); };
  node.start();
  grpc::ClientContext context;
  v1::GetRequest request;
  v1::GetReply reply;
  ASSERT_TRUE(node.kv->Get(&context, request, &reply).ok());
  EXPECT_FALSE(reply.found());
}

TEST(GrpcKv, SiblingsAreAllShown) {
  Node node;
  node.clients.on_get = [](GetRequest) {
    GetResult result;
    result.found = true;
    for (const char* name : {"node-a", "node-b"}) {
      Version version;
      version.dot = {{name, Stamp::from_millis(1)}, 1};
      version.value = name;
      result.clock.add(version.dot);
      result.siblings.push_back(version);
    }
    result.resolved.winner = 1;
    result.resolved.resolved_by = "LWW";
    return Outcome<GetResult>(result);
  };
  node.start();
  grpc::ClientContext context;
  v1::GetReply reply;
  ASSERT_TRUE(node.kv->Get(&context, v1::GetRequest(), &reply).ok());
  EXPECT_EQ(reply.siblings_size(), 2);
  EXPECT_EQ(reply.value(), "node-b");
  EXPECT_EQ(reply.resolved_by(), "LWW");
}

TEST(GrpcKv, EveryFailureHasItsCanonicalStatus) {
  const std::pair<Code, grpc::StatusCode> expected[] = {
      {Code::invalid_argument, grpc::StatusCode::INVALID_ARGUMENT},
      {Code::unauthenticated, grpc::StatusCode::UNAUTHENTICATED},
      {Code::permission_denied, grpc::StatusCode::PERMISSION_DENIED},
      {Code::not_found, grpc::StatusCode::NOT_FOUND},
      {Code::conflict, grpc::StatusCode::ABORTED},
      {Code::failed_precondition, grpc::StatusCode::FAILED_PRECONDITION},
      {Code::too_large, grpc::StatusCode::INVALID_ARGUMENT},
      {Code::resource_exhausted, grpc::StatusCode::RESOURCE_EXHAUSTED},
      {Code::unimplemented, grpc::StatusCode::UNIMPLEMENTED},
      {Code::unavailable, grpc::StatusCode::UNAVAILABLE},
      {Code::deadline_exceeded, grpc::StatusCode::DEADLINE_EXCEEDED},
      {Code::storage_full, grpc::StatusCode::RESOURCE_EXHAUSTED},
      {Code::data_loss, grpc::StatusCode::DATA_LOSS},
      {Code::internal, grpc::StatusCode::INTERNAL},
  };
  Node node;
  std::atomic<Code> code;
  node.clients.on_put = [&](PutRequest) {
    return Outcome<PutResult>(Failure{Status(code, "because " + std::string(5000, 'x')), 2, 1});
  };
  node.start();
  for (auto [ours, theirs] : expected) {
    code = ours;
    grpc::ClientContext context;
    v1::PutReply reply;
    grpc::Status status = node.kv->Put(&context, v1::PutRequest(), &reply);
    EXPECT_EQ(status.error_code(), theirs) << code_name(ours);
    EXPECT_TRUE(status.error_message().starts_with("because")) << status.error_message();
    EXPECT_EQ(metadata(context, "stator-code"), code_name(ours));
    EXPECT_EQ(metadata(context, "stator-required"), "2");
    EXPECT_EQ(metadata(context, "stator-acked"), "1");
  }
}

TEST(GrpcKv, TheClientsDeadlineIsTheRequests) {
  Node node;
  std::promise<Duration> left;
  node.clients.on_put = [&](PutRequest request) {
    left.set_value(request.head.deadline ? *request.head.deadline - node.host.now() : Duration::max());
    return Outcome<PutResult>(written());
  };
  node.start();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(5));
  v1::PutReply reply;
  ASSERT_TRUE(node.kv->Put(&context, v1::PutRequest(), &reply).ok());
  Duration seen = left.get_future().get();
  EXPECT_LE(seen, std::chrono::minutes(5) + std::chrono::seconds(1));
  EXPECT_GT(seen, std::chrono::minutes(1));
}

TEST(GrpcKv, ValuesAboveTheLimitNeverReachTheKernel) {
  Node node;
  node.clients.on_put = [](PutRequest) -> std::optional<Outcome<PutResult>> {
    ADD_FAILURE() << "the kernel saw it";
    return Outcome<PutResult>(written());
  };
  node.start();
  v1::PutRequest request;
  v1::PutReply reply;
  request.set_value(Bytes((8 << 20) + 1, 'x'));
  grpc::ClientContext context;
  EXPECT_EQ(node.kv->Put(&context, request, &reply).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(metadata(context, "stator-code"), "too_large");
  request.set_value(Bytes(65 << 20, 'x'));
  grpc::ClientContext another;
  EXPECT_EQ(node.kv->Put(&another, request, &reply).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST(GrpcKv, ValuesOfEightMebibytesPass) {
  Node node;
  Bytes stored;
  node.clients.on_put = [&](PutRequest request) {
    stored = std::move(request.value);
    return Outcome<PutResult>(written());
  };
  node.clients.on_get = [&](GetRequest) {
    GetResult result;
    result.found = true;
    result.siblings.emplace_back().value = stored;
    result.resolved.winner = 0;
    return Outcome<GetResult>(result);
  };
  node.start();
  v1::PutRequest request;
  v1::PutReply reply;
  request.set_value(Bytes(8 << 20, 'v'));
  grpc::ClientContext putting;
  ASSERT_TRUE(node.kv->Put(&putting, request, &reply).ok());
  grpc::ClientContext getting;
  v1::GetReply got;
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  auto wide = v1::KV::NewStub(
      grpc::CreateCustomChannel(node.transport->address(), grpc::InsecureChannelCredentials(), arguments));
  ASSERT_TRUE(wide->Get(&getting, v1::GetRequest(), &got).ok());
  EXPECT_EQ(got.value(), request.value());
}

/// Sends one put and says how it ended.
std::future<grpc::Status> put_in_background(Node& node) {
  return std::async(std::launch::async, [&node] {
    grpc::ClientContext context;
    v1::PutReply reply;
    return node.kv->Put(&context, v1::PutRequest(), &reply);
  });
}

TEST(GrpcKv, StopAnswersWhatTheKernelStillHoldsAndBearsItsLateAnswer) {
  Node node({}, 1);
  std::promise<void> arrived;
  node.clients.on_put = [&](PutRequest) -> std::optional<Outcome<PutResult>> {
    arrived.set_value();
    return std::nullopt;
  };
  node.start();
  auto ended = put_in_background(node);
  arrived.get_future().wait();
  node.transport->stop();
  EXPECT_EQ(ended.get().error_code(), grpc::StatusCode::UNAVAILABLE);
  node.host.run_on(0, [&] { node.clients.release(written()); });
  node.transport.reset();
  node.transport = make_grpc(node.host);
}

TEST(GrpcKv, ShedsWhatIsAboveItsBound) {
  Node node({.max_in_flight = 3}, 1);
  std::atomic<int> held{0};
  node.clients.on_put = [&](PutRequest) -> std::optional<Outcome<PutResult>> {
    held.fetch_add(1);
    held.notify_all();
    return std::nullopt;
  };
  node.start();
  std::vector<std::future<grpc::Status>> kept;
  for (int at = 0; at < 3; ++at) {
    kept.push_back(put_in_background(node));
    held.wait(at);
  }
  EXPECT_EQ(put_in_background(node).get().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  node.host.run_on(0, [&] { node.clients.release(written()); });
  for (auto& ended : kept) EXPECT_TRUE(ended.get().ok());
}

TEST(GrpcKv, ManyClientsAtOnceEachGetTheirOwnAnswer) {
  constexpr int kThreads = 8;
  constexpr int kPuts = 200;
  Node node({.threads = 2}, 3);
  node.clients.on_put = [](PutRequest request) {
    PutResult result = written();
    result.context = "re: " + request.value;
    return Outcome<PutResult>(result);
  };
  node.start();
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int at = 0; at < kPuts; ++at) {
        v1::PutRequest request;
        v1::PutReply reply;
        request.set_value(std::to_string(thread) + "/" + std::to_string(at));
        grpc::ClientContext context;
        bool good = node.kv->Put(&context, request, &reply).ok() && reply.context() == "re: " + request.value();
        if (!good) ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

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
    node->clients.on_get = [node, &first](GetRequest) {
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
