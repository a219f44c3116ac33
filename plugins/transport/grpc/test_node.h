#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "scripted_clients.h"
#include "stator/testing/loop_host.h"
#include "stator/v1/kv.grpc.pb.h"
#include "stator/v1/peer.pb.h"
#include "stator/v1/replica.grpc.pb.h"
#include "under_test.h"

namespace stator::grpc_transport {

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

/// One node that listens, and a channel to it. What its scripts touch is declared before it.
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

  testing::LoopHost host;
  ScriptedClients clients{host};
  ScriptedPeers peers;
  std::unique_ptr<Transport> transport;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::KV::Stub> kv;
  std::unique_ptr<v1::Replica::Stub> replica;
};

}  // namespace stator::grpc_transport
