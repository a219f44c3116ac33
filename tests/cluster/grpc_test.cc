#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>

#include <set>
#include <string>

#include "grpc/health/v1/health.grpc.pb.h"
#include "stator/v1/admin.grpc.pb.h"
#include "stator/v1/kv.grpc.pb.h"
#include "stator/v1/replica.grpc.pb.h"
#include "tests/cluster/carrier_test.h"

namespace stator::cluster {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<grpc::Channel> channel_to(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

/// A context of a call that ends in time.
struct Call : grpc::ClientContext {
  Call() { set_deadline(std::chrono::system_clock::now() + kPatience); }
};

class GrpcClients : public CarrierTest {
 protected:
  std::shared_ptr<grpc::Channel> channel(std::size_t node) { return channel_to(cluster.address(node, "grpc")); }
  std::unique_ptr<v1::KV::Stub> kv(std::size_t node) { return v1::KV::NewStub(channel(node)); }

  v1::PutReply put(std::size_t node, const v1::PutRequest& request) {
    Call call;
    v1::PutReply reply;
    status = kv(node)->Put(&call, request, &reply);
    return reply;
  }
  v1::PutReply put(std::size_t node, const std::string& key, const std::string& value,
                   const std::string& context = "") {
    v1::PutRequest request;
    request.set_key(key);
    request.set_value(value);
    request.set_w(3);
    if (!context.empty()) request.set_context(context);
    return put(node, request);
  }
  v1::GetReply get(std::size_t node, const std::string& key, const std::string& keyspace = "") {
    v1::GetRequest request;
    request.set_keyspace(keyspace);
    request.set_key(key);
    Call call;
    v1::GetReply reply;
    status = kv(node)->Get(&call, request, &reply);
    return reply;
  }
  v1::PutReply remove(std::size_t node, const v1::DeleteRequest& request) {
    Call call;
    v1::PutReply reply;
    status = kv(node)->Delete(&call, request, &reply);
    return reply;
  }

  grpc::Status status;
};
INSTANTIATE_FOR_CARRIERS(GrpcClients);

TEST_P(GrpcClients, SeeTheSameDataAsHttp) {
  const v1::PutReply made = put(0, "k", "from grpc");
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(made.vector_clock().at("node-a"), 1U);
  EXPECT_GT(made.lww_millis(), 1'600'000'000'000U);
  const HttpAnswer answer = cluster.http(1).get("/kv/k");
  EXPECT_EQ(answer.body, "from grpc");
  EXPECT_EQ(answer.field("x-stator-context"), made.context());

  ASSERT_EQ(cluster.http(1).put("/kv/k?w=3", "from http", made.context()).status, 204);
  const v1::GetReply got = get(2, "k");
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(got.found());
  EXPECT_EQ(got.value(), "from http");
  EXPECT_EQ(got.content_type(), "application/octet-stream");
  EXPECT_EQ(got.vector_clock().at("node-b"), 1U);
  EXPECT_EQ(got.siblings_size(), 0);

  v1::DeleteRequest removal;
  removal.set_key("k");
  removal.set_context(got.context());
  EXPECT_TRUE(remove(2, removal).tombstone());
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_FALSE(get(0, "k").found());
  EXPECT_TRUE(status.ok()) << "an absent key is an answer";
  EXPECT_EQ(cluster.http(1).get("/kv/k").status, 404);
}

TEST_P(GrpcClients, SeeSiblings) {
  const std::string read = put(0, "color", "old").context();
  put(0, "color", "red", read);
  put(1, "color", "blue", read);
  ASSERT_TRUE(status.ok()) << status.error_message();
  const v1::GetReply got = get(2, "color");
  std::set<std::string> values;
  for (const v1::Sibling& sibling : got.siblings()) values.insert(sibling.value());
  EXPECT_EQ(values, (std::set<std::string>{"red", "blue"}));
  EXPECT_EQ(got.value(), "blue");
  EXPECT_EQ(got.resolved_by(), "LWW");
  put(2, "color", "purple", got.context());
  EXPECT_EQ(get(1, "color").siblings_size(), 0);
  EXPECT_EQ(get(1, "color").value(), "purple");
}

TEST_P(GrpcClients, AreToldOfMistakesByCanonicalCodes) {
  put(0, "k", "v", "a forged context");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
  put(0, "", "v");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  put(0, std::string(4097, 'k'), "v");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  get(0, "k", "nowhere");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(status.error_message(), HasSubstr("nowhere"));

  v1::PutRequest create;
  create.set_key("once");
  create.set_create_only(true);
  create.set_w(3);
  put(0, create);
  EXPECT_TRUE(status.ok()) << status.error_message();
  put(1, create);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  create.set_w(4);
  put(1, create);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_P(GrpcClients, AreToldThatAQuorumIsMissing) {
  cluster.process(1).kill_now();
  cluster.process(2).kill_now();
  v1::PutRequest request;
  request.set_key("k");
  put(0, request);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
  EXPECT_THAT(status.error_message(), HasSubstr("quorum"));
  get(0, "k");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
  request.set_w(1);
  put(0, request);
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_P(GrpcClients, AreAnsweredWithinTheirOwnDeadline) {
  put(0, "k", "v");
  cluster.process(1).freeze();
  cluster.process(2).freeze();
  v1::GetRequest request;
  request.set_key("k");
  grpc::ClientContext call;
  call.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(200));
  v1::GetReply reply;
  status = kv(0)->Get(&call, request, &reply);
  EXPECT_TRUE(status.error_code() == grpc::StatusCode::UNAVAILABLE ||
              status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED)
      << status.error_code() << " " << status.error_message();
  request.set_r(1);
  Call patient;
  EXPECT_TRUE(kv(0)->Get(&patient, request, &reply).ok());
  EXPECT_EQ(reply.value(), "v");
}

TEST_P(GrpcClients, MayRetryWithAnOpId) {
  v1::PutRequest request;
  request.set_key("k");
  request.set_value("v");
  request.set_op_id("7d444840-9dc0-11d1-b245-5ffdce74fad2");
  request.set_consistency(v1::CONSISTENCY_ALL);
  const v1::PutReply first = put(0, request);
  const v1::PutReply second = put(1, request);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(second.vector_clock().size(), 1U);
  EXPECT_EQ(second.lww_millis(), first.lww_millis());
}

TEST_P(GrpcClients, AskForHealthAndPages) {
  const auto health = grpc::health::v1::Health::NewStub(channel(0));
  for (const char* service : {"", "stator.v1.KV"}) {
    Call call;
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(service);
    grpc::health::v1::HealthCheckResponse response;
    ASSERT_TRUE(health->Check(&call, request, &response).ok()) << service;
    EXPECT_EQ(response.status(), grpc::health::v1::HealthCheckResponse::SERVING) << service;
  }
  Call call;
  v1::PageReply page;
  ASSERT_TRUE(v1::Admin::NewStub(channel(0))->Ring(&call, {}, &page).ok());
  EXPECT_EQ(nlohmann::json::parse(page.body())["partitions"], 4096);
}

/// What the reflection service says, by the messages' wire form: Debian does not ship their headers.
std::string ask_reflection(const std::shared_ptr<grpc::Channel>& channel, const std::string& request) {
  grpc::GenericStub stub(channel);
  grpc::CompletionQueue queue;
  Call call;
  auto stream = stub.PrepareCall(&call, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  const auto finished = [&] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  stream->StartCall(nullptr);
  if (!finished()) return "";
  const grpc::Slice slice(request);
  stream->Write(grpc::ByteBuffer(&slice, 1), nullptr);
  if (!finished()) return "";
  grpc::ByteBuffer buffer;
  stream->Read(&buffer, nullptr);
  if (!finished()) return "";
  grpc::Slice answer;
  if (!buffer.DumpToSingleSlice(&answer).ok()) return "";
  call.TryCancel();
  grpc::Status ended;
  stream->Finish(&ended, nullptr);
  finished();
  return {reinterpret_cast<const char*>(answer.begin()), answer.size()};
}

TEST_P(GrpcClients, FindEverythingByReflection) {
  const std::string services = ask_reflection(channel(1), std::string("\x3a\x00", 2));
  for (const char* service : {"stator.v1.KV", "stator.v1.Replica", "stator.v1.Admin", "grpc.health.v1.Health"}) {
    EXPECT_THAT(services, HasSubstr(service));
  }
  EXPECT_THAT(ask_reflection(channel(1), "\x22\x0cstator.v1.KV"), HasSubstr("stator/v1/kv.proto"));
}

TEST_P(GrpcClients, GiveAValueItsLifetime) {
  v1::PutRequest request;
  request.set_key("brief");
  request.set_value("v");
  request.set_w(3);
  for (std::uint64_t bad : {std::uint64_t{0}, ~std::uint64_t{0}}) {
    request.set_ttl_ms(bad);
    put(0, request);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << bad;
  }
  request.set_ttl_ms(3'600'000);
  put(0, request);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(get(1, "brief").found());
  request.set_ttl_ms(1);
  put(0, request);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_TRUE(await([&] { return !get(1, "brief").found(); }));
  for (std::size_t node = 0; node < 3; ++node) EXPECT_FALSE(get(node, "brief").found()) << node;
  request.clear_ttl_ms();
  request.set_create_only(true);
  put(2, request);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(get(1, "brief").found());
}

TEST_P(GrpcClients, TalkToOneReplica) {
  put(0, "source", "v");
  const auto replica = v1::Replica::NewStub(channel(1));
  v1::ReplicaGetRequest request;
  request.set_keyspace("default");
  request.set_key("source");
  Call get_call;
  v1::ReplicaGetReply held;
  status = replica->ReplicaGet(&get_call, request, &held);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(held.found());
  EXPECT_NE(held.digest(), 0U);

  v1::ReplicatePutRequest copy;
  copy.set_keyspace("default");
  copy.set_key("copy");
  copy.set_record(held.record());
  Call put_call;
  v1::ReplicatePutReply stored;
  status = replica->ReplicatePut(&put_call, copy, &stored);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(stored.digest(), held.digest());
  EXPECT_EQ(cluster.http(1).get("/debug/siblings/copy").status, 200);
  EXPECT_EQ(cluster.http(0).get("/debug/siblings/copy").status, 404) << "a replica's answer is its own alone";
  EXPECT_EQ(cluster.http(0).get("/kv/copy?r=3").body, "v");

  copy.set_record("no record");
  Call bad_call;
  status = replica->ReplicatePut(&bad_call, copy, &stored);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
}

TEST(GrpcDataTypes, OperationsOfBothDoorsAddUp) {
  Cluster cluster(
      {.tables = std::string(kOrdinaryTables) +
                 "\n[keyspace.carts]\nresolver = \"add_wins_set\"\nstorage = \"fast\"\nmembership = \"main\"\n"
                 "transports = [\"http\", \"grpc\"]\n"});
  ASSERT_TRUE(cluster.start_all());
  const auto update = [&](std::size_t node, const std::string& op, const std::string& context) {
    v1::UpdateRequest request;
    request.set_keyspace("carts");
    request.set_key("cart");
    request.set_op(op);
    request.set_arguments(R"({"element":"milk"})");
    request.set_w(3);
    if (!context.empty()) request.set_context(context);
    Call call;
    v1::PutReply reply;
    const grpc::Status status =
        v1::KV::NewStub(channel_to(cluster.address(node, "grpc")))->Update(&call, request, &reply);
    return status.ok() ? reply.context() : status.error_message();
  };
  const auto shown = [&](std::size_t node) { return cluster.http(node).get("/ks/carts/kv/cart?raw=true").body; };
  const std::string seen = update(0, "add", "");
  EXPECT_EQ(cluster.http(1).send({"POST", "/ks/carts/kv/cart", {}, R"({"op":"add","element":"eggs"})"}).status, 200);
  EXPECT_EQ(shown(2), R"(["eggs","milk"])");
  update(2, "remove", seen);
  EXPECT_EQ(shown(0), R"(["eggs"])");
  EXPECT_THAT(update(1, "pour", ""), HasSubstr("there is no operation"));
}

}  // namespace
}  // namespace stator::cluster
