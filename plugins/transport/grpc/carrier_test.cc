// The carrier's stream as its other side sees it, through the generated classes.

#include <grpcpp/channel.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>

#include "stator/testing/loop_host.h"
#include "stator/v1/carrier.grpc.pb.h"
#include "under_test.h"

namespace stator::grpc_transport {
namespace {

using testing::LoopHost;
using Stream = grpc::ClientReaderWriter<v1::Batch, v1::Batch>;

class EchoPeers final : public Peers {
 public:
  Bytes hello() override { return "ours"; }
  Result<std::string> meet(BytesView hello) override { return std::string(hello); }
  void receive(const std::string&, Frame request, Reply reply) override { reply(std::move(request)); }
};

/// A peer that echoes, and notes how many frames each batch had.
class CountingCarrier final : public v1::Carrier::Service {
 public:
  grpc::Status Link(grpc::ServerContext*, grpc::ServerReaderWriter<v1::Batch, v1::Batch>* stream) override {
    v1::Batch batch;
    while (stream->Read(&batch)) {
      {
        std::lock_guard lock(mutex_);
        batches_.push_back(batch);
      }
      for (auto& frame : *batch.mutable_frames()) frame.set_reply(true);
      if (!stream->Write(batch)) break;
    }
    return grpc::Status::OK;
  }
  std::vector<v1::Batch> batches() {
    std::lock_guard lock(mutex_);
    return batches_;
  }

 private:
  std::mutex mutex_;
  std::vector<v1::Batch> batches_;
};

TEST(GrpcCarrier, AllOfOneTurnGoesInOneBatchAfterTheHello) {
  CountingCarrier peer;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.RegisterService(&peer);
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  auto server = builder.BuildAndStart();
  const std::string address = "127.0.0.1:" + std::to_string(port);

  LoopHost host(2);
  EchoPeers peers;
  auto transport = make_grpc(host);
  ASSERT_TRUE(transport->start("", nullptr, &peers).is_ok());
  for (int count : {100, 1, 50}) {
    std::atomic<int> left{count};
    host.post(1, [&] {
      for (int at = 0; at < count; ++at) {
        transport->call(address, std::make_shared<const Bytes>("payload"), host.now() + std::chrono::minutes(1),
                        [&](const Result<Frame>& reply) {
                          EXPECT_TRUE(reply.is_ok()) << reply.status().text();
                          if (--left == 0) left.notify_all();
                        });
      }
    });
    for (int now = left; now != 0; now = left) left.wait(now);
  }
  auto batches = peer.batches();
  ASSERT_EQ(batches.size(), 4u);
  EXPECT_EQ(batches[0].hello(), "ours");
  EXPECT_EQ(batches[0].loop(), 1u);
  EXPECT_EQ(batches[0].frames_size(), 0);
  EXPECT_EQ(batches[1].frames_size(), 100);
  EXPECT_EQ(batches[2].frames_size(), 1);
  EXPECT_EQ(batches[3].frames_size(), 50);
  transport->stop();
  server->Shutdown();
}

/// A listening transport, and a stream to it.
struct Listener {
  Listener() {
    EXPECT_TRUE(transport->start("127.0.0.1:0", nullptr, &peers).is_ok());
    channel = grpc::CreateChannel(transport->address(), grpc::InsecureChannelCredentials());
    stub = v1::Carrier::NewStub(channel);
    stream = stub->Link(&context);
  }
  ~Listener() {
    context.TryCancel();
    stream.reset();
    transport->stop();
  }
  /// Says hello, and what comes back.
  v1::Batch greet(std::uint32_t loop = 0) {
    v1::Batch hello, answer;
    hello.set_hello("theirs");
    hello.set_loop(loop);
    EXPECT_TRUE(stream->Write(hello));
    EXPECT_TRUE(stream->Read(&answer));
    return answer;
  }

  LoopHost host{2};
  EchoPeers peers;
  std::unique_ptr<Transport> transport = make_grpc(host);
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::Carrier::Stub> stub;
  grpc::ClientContext context;
  std::unique_ptr<Stream> stream;
};

TEST(GrpcCarrier, RepliesToOneBatchGoBackInOne) {
  Listener listener;
  v1::Batch hello = listener.greet(9);
  EXPECT_EQ(hello.hello(), "ours");
  EXPECT_EQ(hello.frames_size(), 0);
  v1::Batch asked, answered;
  for (std::uint64_t id = 1; id <= 200; ++id) {
    asked.add_frames()->set_id(id);
    asked.mutable_frames()->rbegin()->set_payload(std::to_string(id));
  }
  ASSERT_TRUE(listener.stream->Write(asked));
  ASSERT_TRUE(listener.stream->Read(&answered));
  ASSERT_EQ(answered.frames_size(), 200);
  for (const v1::Envelope& envelope : answered.frames()) {
    EXPECT_TRUE(envelope.reply());
    EXPECT_EQ(envelope.payload(), std::to_string(envelope.id()));
  }
}

TEST(GrpcCarrier, AStrayReplyIsIgnored) {
  Listener listener;
  listener.greet();
  v1::Batch asked, answered;
  asked.add_frames()->set_id(1);
  asked.mutable_frames()->rbegin()->set_reply(true);
  asked.add_frames()->set_id(2);
  ASSERT_TRUE(listener.stream->Write(asked));
  ASSERT_TRUE(listener.stream->Read(&answered));
  ASSERT_EQ(answered.frames_size(), 1);
  EXPECT_EQ(answered.frames(0).id(), 2u);
}

TEST(GrpcCarrier, ARefusalEndsTheStream) {
  Listener listener;
  listener.greet();
  v1::Batch refusal, nothing;
  refusal.set_refusal("another cluster");
  ASSERT_TRUE(listener.stream->Write(refusal));
  EXPECT_FALSE(listener.stream->Read(&nothing));
  bool logged = false;
  for (const std::string& line : listener.host.logged()) logged |= line.find("another cluster") != std::string::npos;
  EXPECT_TRUE(logged);
}

TEST(GrpcCarrier, NobodyWaitsForHelloInVain) {
  Listener listener;
  listener.stream->WritesDone();
  v1::Batch nothing;
  EXPECT_FALSE(listener.stream->Read(&nothing));
  EXPECT_TRUE(listener.stream->Finish().ok());
  listener.stream.reset();
}

TEST(GrpcCarrier, BoundsWhatIsInFlight) {
  class SilentPeers final : public Peers {
   public:
    Bytes hello() override { return "silent"; }
    Result<std::string> meet(BytesView hello) override { return std::string(hello); }
    void receive(const std::string&, Frame, Reply) override {}
  };
  SilentPeers peers;
  LoopHost host(1);
  auto answers = make_grpc(host);
  auto asks = make_grpc(host, {.max_in_flight = 10});
  ASSERT_TRUE(answers->start("127.0.0.1:0", nullptr, &peers).is_ok());
  ASSERT_TRUE(asks->start("", nullptr, &peers).is_ok());
  std::vector<Code> ended;
  std::promise<void> shed;
  host.run_on(0, [&] {
    for (int at = 0; at < 12; ++at) {
      asks->call(answers->address(), std::make_shared<const Bytes>("x"), host.now() + std::chrono::minutes(1),
                 [&](const Result<Frame>& reply) {
                   ended.push_back(reply.status().code());
                   if (ended.size() == 2) shed.set_value();
                 });
    }
  });
  shed.get_future().wait();
  asks->stop();
  answers->stop();
  ASSERT_EQ(ended.size(), 12u);
  EXPECT_EQ(ended[0], Code::resource_exhausted);
  EXPECT_EQ(ended[1], Code::resource_exhausted);
  EXPECT_EQ(ended[2], Code::unavailable);
}

}  // namespace
}  // namespace stator::grpc_transport
