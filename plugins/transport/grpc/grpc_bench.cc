// What the transport itself costs: KV.Put into a kernel that answers at once, and frames between two instances. Server
// and load run in two processes, so that the CPU of each is known.
//
//   transport_grpc_bench put|get|link [seconds] [in flight] [loops] [threads]

#include <grpcpp/channel.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/create_channel.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <future>
#include <memory>

#include "scripted_clients.h"
#include "stator/testing/loop_host.h"
#include "stator/v1/kv.grpc.pb.h"
#include "under_test.h"

namespace stator::grpc_transport {
namespace {

struct Load {
  const char* what = "put";
  int seconds = 5;
  int in_flight = 64;
  int loops = 1;
  int threads = 0;
};

struct Report {
  std::uint64_t requests;
  double cpu_seconds;
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](timeval time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

class EchoPeers final : public Peers {
 public:
  Bytes hello() override { return "bench"; }
  Result<std::string> meet(BytesView hello) override { return std::string(hello); }
  void receive(const std::string&, Frame request, Reply reply) override { reply(std::move(request)); }
};

PutResult answer() {
  PutResult result;
  result.context = std::string(40, 'c');
  for (const char* node : {"node-a", "node-b", "node-c"}) result.clock.add({{node, Stamp::from_millis(1)}, 7});
  result.stamp = Stamp::from_millis(1234);
  return result;
}

/// Serves until `from_load` closes; tells its port first and its CPU last.
void serve(const Load& load, int from_load, int to_load) {
  testing::LoopHost host(load.loops);
  ScriptedClients clients(host);
  EchoPeers peers;
  const PutResult put = answer();
  clients.on_put = [&](const PutRequest&) { return Outcome<PutResult>(put); };
  clients.on_get = [&](const GetRequest&) {
    GetResult result;
    result.found = true;
    result.clock = put.clock;
    result.context = put.context;
    result.siblings.emplace_back().value = Bytes(128, 'v');
    result.resolved.winner = 0;
    return Outcome<GetResult>(std::move(result));
  };
  auto transport = make_grpc(host, {.threads = load.threads});
  if (!transport->start("127.0.0.1:0", &clients, &peers).is_ok()) std::abort();
  char address[64] = {};
  std::snprintf(address, sizeof address, "%s", transport->address().c_str());
  char byte = 0;
  if (write(to_load, address, sizeof address) < 0) std::abort();
  while (read(from_load, &byte, 1) > 0) {
  }
  double cpu = cpu_seconds();
  transport->stop();
  if (write(to_load, &cpu, sizeof cpu) < 0) std::abort();
}

/// One of the requests that are kept in flight over the clients' channels.
template <typename Request, typename Reply>
struct Exchange {
  std::unique_ptr<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<Reply>> reader;
  v1::KV::Stub* stub = nullptr;
  Request request;
  Reply reply;
  grpc::Status status;

  void start(grpc::CompletionQueue& queue) {
    context = std::make_unique<grpc::ClientContext>();
    context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(2));
    if constexpr (std::is_same_v<Request, v1::PutRequest>) {
      reader = stub->AsyncPut(context.get(), request, &queue);
    } else {
      reader = stub->AsyncGet(context.get(), request, &queue);
    }
    reader->Finish(&reply, &status, this);
  }
};

template <typename Request, typename Reply>
Report ask(const Load& load, const std::string& address) {
  constexpr int kChannels = 4;
  std::vector<std::unique_ptr<v1::KV::Stub>> stubs;
  for (int at = 0; at < kChannels; ++at) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    stubs.push_back(v1::KV::NewStub(grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments)));
  }
  grpc::CompletionQueue queue;
  std::vector<std::unique_ptr<Exchange<Request, Reply>>> all;
  for (int at = 0; at < load.in_flight; ++at) {
    auto& one = *all.emplace_back(std::make_unique<Exchange<Request, Reply>>());
    one.stub = stubs[static_cast<std::size_t>(at % kChannels)].get();
    one.request.set_key("key-0123456789ab");
    if constexpr (std::is_same_v<Request, v1::PutRequest>) one.request.set_value(std::string(128, 'v'));
    one.start(queue);
  }
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds(load.seconds);
  Report report{};
  int out = load.in_flight;
  void* tag = nullptr;
  bool ok = false;
  while (out > 0 && queue.Next(&tag, &ok)) {
    auto& one = *static_cast<Exchange<Request, Reply>*>(tag);
    if (!one.status.ok()) std::abort();
    ++report.requests;
    if (std::chrono::steady_clock::now() < end) {
      one.start(queue);
    } else {
      --out;
    }
  }
  report.cpu_seconds = cpu_seconds();
  return report;
}

/// Keeps calls in flight from one loop.
struct Caller {
  Transport& transport;
  Host& host;
  std::string address;
  TimePoint end;
  int out;
  std::uint64_t requests = 0;
  std::promise<void> done{};
  Frame frame = std::make_shared<const Bytes>(200, 'f');

  void call() {
    transport.call(address, frame, host.now() + std::chrono::seconds(2), [this](const Result<Frame>& reply) {
      if (!reply.is_ok()) std::abort();
      ++requests;
      if (host.now() < end) return call();
      if (--out == 0) done.set_value();
    });
  }
};

Report call_peer(const Load& load, const std::string& address) {
  testing::LoopHost host(1);
  EchoPeers peers;
  auto transport = make_grpc(host, {.threads = load.threads});
  if (!transport->start("", nullptr, &peers).is_ok()) std::abort();
  Caller caller{*transport, host, address, host.now() + std::chrono::seconds(load.seconds), load.in_flight};
  host.run_on(0, [&] {
    for (int at = 0; at < load.in_flight; ++at) caller.call();
  });
  caller.done.get_future().wait();
  double cpu = cpu_seconds();
  transport->stop();
  return {caller.requests, cpu};
}

int run(const Load& load) {
  int to_server[2], to_load[2];
  if (pipe(to_server) != 0 || pipe(to_load) != 0) return 1;
  pid_t server = fork();
  if (server == 0) {
    close(to_server[1]);
    close(to_load[0]);
    serve(load, to_server[0], to_load[1]);
    std::_Exit(0);
  }
  close(to_server[0]);
  close(to_load[1]);
  char address[64] = {};
  if (read(to_load[0], address, sizeof address) <= 0) return 1;
  Report report{};
  if (std::strcmp(load.what, "link") == 0) {
    report = call_peer(load, address);
  } else if (std::strcmp(load.what, "get") == 0) {
    report = ask<v1::GetRequest, v1::GetReply>(load, address);
  } else {
    report = ask<v1::PutRequest, v1::PutReply>(load, address);
  }
  close(to_server[1]);
  double served_in = 0;
  if (read(to_load[0], &served_in, sizeof served_in) <= 0) return 1;
  waitpid(server, nullptr, 0);
  auto requests = static_cast<double>(report.requests);
  std::printf("%s: %.0f requests/s, CPU per request: server %.1f us, load %.1f us\n", load.what,
              requests / load.seconds, served_in / requests * 1e6, report.cpu_seconds / requests * 1e6);
  return 0;
}

}  // namespace
}  // namespace stator::grpc_transport

int main(int argc, char** argv) {
  stator::grpc_transport::Load load;
  if (argc > 1) load.what = argv[1];
  if (argc > 2) load.seconds = std::atoi(argv[2]);
  if (argc > 3) load.in_flight = std::atoi(argv[3]);
  if (argc > 4) load.loops = std::atoi(argv[4]);
  if (argc > 5) load.threads = std::atoi(argv[5]);
  return stator::grpc_transport::run(load);
}
