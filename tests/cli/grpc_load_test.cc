#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "cli/bench/benchmark.h"
#include "stator/v1/kv.grpc.pb.h"

namespace stator::cli {
namespace {

/// A KV service that keeps its keys, on a port of the loopback; or refuses everything.
class FakeKv final : public v1::KV::Service {
 public:
  explicit FakeKv(bool refuses = false) : refuses_(refuses) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~FakeKv() override { server_->Shutdown(); }

  grpc::Status Put(grpc::ServerContext* context, const v1::PutRequest* request, v1::PutReply*) override {
    if (refuses_) {
      return {grpc::StatusCode::UNAVAILABLE, "no quorum"};
    }
    const std::lock_guard lock(mutex_);
    keys_.insert(request->key());
    peers_.insert(context->peer());
    writes_ += 1;
    values_ok_ = values_ok_ && request->value().size() == 100 && request->w() == 3;
    return grpc::Status::OK;
  }
  grpc::Status Get(grpc::ServerContext*, const v1::GetRequest* request, v1::GetReply* reply) override {
    const std::lock_guard lock(mutex_);
    reply->set_found(keys_.contains(request->key()));
    return grpc::Status::OK;
  }

  Endpoint endpoint() const { return {"grpc", "127.0.0.1", std::to_string(port_)}; }
  std::size_t keys() const { return locked(keys_.size()); }
  std::size_t peers() const { return locked(peers_.size()); }
  std::uint64_t writes() const { return locked(writes_); }
  bool values_ok() const { return locked(values_ok_); }

 private:
  template <typename T>
  T locked(const T& value) const {
    const std::lock_guard lock(mutex_);
    return value;
  }

  bool refuses_;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::set<std::string> keys_;
  std::set<std::string> peers_;
  std::uint64_t writes_ = 0;
  bool values_ok_ = true;
  std::unique_ptr<grpc::Server> server_;
};

BenchOptions options_for(const FakeKv& kv) {
  BenchOptions options;
  options.load.targets = {kv.endpoint()};
  options.load.connections = 8;
  options.load.value_bytes = 100;
  options.load.w = 3;
  options.keys.keys = 40;
  options.seconds = 0.2;
  options.warmup = 0;
  return options;
}

TEST(GrpcLoad, CountsWhatTheServerSaw) {
  FakeKv kv;
  auto benchmark = Benchmark::create(options_for(kv));
  ASSERT_TRUE(benchmark.is_ok());
  const auto report = benchmark->run();
  ASSERT_TRUE(report.is_ok());
  EXPECT_GT(report->tally.answered(), 0u);
  EXPECT_EQ(report->tally.writes.count(), kv.writes());
  EXPECT_TRUE(kv.values_ok());
  EXPECT_EQ(kv.peers(), 4u) << "channels are to have connections of their own";
}

TEST(GrpcLoad, PreloadWritesEveryKeyAndReadsFindThem) {
  FakeKv kv;
  BenchOptions options = options_for(kv);
  options.op = "get";
  auto benchmark = Benchmark::create(options);
  ASSERT_TRUE(benchmark.is_ok());
  ASSERT_TRUE(benchmark->preload().is_ok());
  EXPECT_EQ(kv.keys(), 40u);
  EXPECT_EQ(kv.writes(), 40u);
  const auto report = benchmark->run();
  ASSERT_TRUE(report.is_ok());
  EXPECT_GT(report->tally.reads.count(), 0u);
  EXPECT_EQ(report->tally.missing, 0u);
}

TEST(GrpcLoad, ReadsOfNothingAreMissing) {
  FakeKv kv;
  BenchOptions options = options_for(kv);
  options.op = "get";
  auto benchmark = Benchmark::create(options);
  const auto report = benchmark->run();
  ASSERT_TRUE(report.is_ok());
  EXPECT_GT(report->tally.missing, 0u);
  EXPECT_EQ(report->tally.missing, report->tally.reads.count());
}

TEST(GrpcLoad, RefusalsAreErrorsByTheirCode) {
  FakeKv kv(true);
  auto benchmark = Benchmark::create(options_for(kv));
  const auto report = benchmark->run();
  ASSERT_TRUE(report.is_ok());
  EXPECT_EQ(report->tally.answered(), 0u);
  EXPECT_GT(report->tally.failed, 0u);
  EXPECT_EQ(report->tally.errors.at("UNAVAILABLE"), report->tally.failed);
}

TEST(GrpcLoad, OpenLoopSendsTheRateThatWasAskedFor) {
  FakeKv kv;
  BenchOptions options = options_for(kv);
  options.rate = 200;
  options.seconds = 0.5;
  auto benchmark = Benchmark::create(options);
  const auto report = benchmark->run();
  ASSERT_TRUE(report.is_ok());
  EXPECT_EQ(report->tally.answered() + report->tally.unsent, 100u);
}

}  // namespace
}  // namespace stator::cli
