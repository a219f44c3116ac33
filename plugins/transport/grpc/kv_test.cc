// stator.v1.KV as any generated client sees it.

#include <grpcpp/client_context.h>

#include <atomic>
#include <future>
#include <thread>

#include "test_node.h"

namespace stator::grpc_transport {
namespace {

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
  std::promise<PutRequest> seen;
  Node node;
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
  node.clients.on_put = [&](const PutRequest& request) {
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

TEST(GrpcKv, UpdateIsAnOperation) {
  std::promise<PutRequest> seen;
  Node node;
  node.clients.on_put = [&](PutRequest request) {
    seen.set_value(std::move(request));
    return Outcome<PutResult>(written());
  };
  node.clients.on_get = [](const GetRequest&) {
    GetResult result;
    result.found = result.datatype = true;
    result.resolved.value = R"(["milk"])";
    result.resolved.content_type = "application/json";
    return Outcome<GetResult>(result);
  };
  node.start();
  grpc::ClientContext context;
  v1::UpdateRequest request;
  request.set_key("cart");
  request.set_op("add");
  request.set_arguments(R"({"element":"milk"})");
  v1::PutReply reply;
  ASSERT_TRUE(node.kv->Update(&context, request, &reply).ok());
  EXPECT_EQ(reply.context(), "token");
  EXPECT_EQ(seen.get_future().get().operation, (Operation{"add", R"({"op":"add","element":"milk"})"}));
  grpc::ClientContext reading;
  v1::GetReply got;
  ASSERT_TRUE(node.kv->Get(&reading, v1::GetRequest(), &got).ok());
  EXPECT_EQ(got.value(), R"(["milk"])");
  EXPECT_EQ(got.content_type(), "application/json");
  EXPECT_EQ(got.siblings_size(), 0);
}

TEST(GrpcKv, AnAbsentKeyIsAnAnswer) {
  Node node;
  node.clients.on_get = [](const GetRequest&) { return Outcome<GetResult>(GetResult()); };
  node.start();
  grpc::ClientContext context;
  v1::GetRequest request;
  v1::GetReply reply;
  ASSERT_TRUE(node.kv->Get(&context, request, &reply).ok());
  EXPECT_FALSE(reply.found());
}

TEST(GrpcKv, SiblingsAreAllShown) {
  Node node;
  node.clients.on_get = [](const GetRequest&) {
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
  std::atomic<Code> code;
  Node node;
  node.clients.on_put = [&](const PutRequest&) {
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
  std::promise<Duration> left;
  Node node;
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
  Node node({.max_message_bytes = 9 << 20});
  node.clients.on_put = [](const PutRequest&) -> std::optional<Outcome<PutResult>> {
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
  request.set_value(Bytes(10 << 20, 'x'));
  grpc::ClientContext another;
  EXPECT_EQ(node.kv->Put(&another, request, &reply).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST(GrpcKv, ValuesOfEightMebibytesPass) {
  Bytes stored;
  Node node;
  node.clients.on_put = [&](PutRequest request) {
    stored = std::move(request.value);
    return Outcome<PutResult>(written());
  };
  node.clients.on_get = [&](const GetRequest&) {
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
  std::promise<void> arrived;
  Node node({}, 1);
  node.clients.on_put = [&](const PutRequest&) -> std::optional<Outcome<PutResult>> {
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
  std::atomic<int> held{0};
  Node node({.max_in_flight = 3}, 1);
  node.clients.on_put = [&](const PutRequest&) -> std::optional<Outcome<PutResult>> {
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
  constexpr int kThreads = 4;
  constexpr int kPuts = 50;
  Node node({.threads = 2}, 3);
  node.clients.on_put = [](const PutRequest& request) {
    PutResult result = written();
    result.context = "re: " + request.value;
    return Outcome<PutResult>(result);
  };
  node.start();
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
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

}  // namespace
}  // namespace stator::grpc_transport
