// What a carrier costs: two nodes in this process, each with event loops of its own; one asks, the other echoes.
//
//   peer_echo_bench build/release/lib/stator/plugins/stator_transport_tcp.so [in-flight] [bytes] [seconds] [loops]
//
// Prints requests a second and the processor time of a request on each side (the threads of either node, as the system
// counts them). Options of the plugin are its defaults. A measurement, not a test: nothing is asserted.

#include <dlfcn.h>
#include <time.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <latch>
#include <memory>
#include <string>

#include "kernel/loops/event_loops.h"
#include "stator/plugin.h"
#include "stator/transport.h"

namespace stator {
namespace {

struct Load {
  int in_flight = 64;
  std::size_t bytes = 200;
  int seconds = 3;
  int loops = 1;
};

class NodeHost final : public Host {
 public:
  explicit NodeHost(int loops) : loops_(loops) { loops_.start(); }
  EventLoops& loops() { return loops_; }

  void log(LogLevel level, std::string_view text) override {
    if (level >= LogLevel::warning) std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
  }
  TimePoint now() const override { return std::chrono::steady_clock::now(); }
  Stamp stamp() override { return {++last_stamp_}; }
  std::uint64_t random() override { return ++last_stamp_ * 0x9e3779b97f4a7c15u; }
  void post(Task task) override { loops_.post(std::move(task)); }
  TimerId after(Duration delay, Task task) override { return loops_.after(delay, std::move(task)); }
  void cancel(TimerId timer) override { loops_.cancel(timer); }
  Files& files() override { std::abort(); }  // a carrier has no business there
  void* extension(std::string_view id) override {
    return id == Loops::kExtensionId ? static_cast<Loops*>(&loops_) : nullptr;
  }

 private:
  EventLoops loops_;
  std::atomic<std::uint64_t> last_stamp_{0};
};

class EchoPeers final : public Peers {
 public:
  Bytes hello() override { return "bench"; }
  Result<std::string> meet(BytesView hello) override { return std::string(hello); }
  void receive(const std::string&, Frame request, Reply reply) override { reply(std::move(request)); }
};

struct Destroy {
  const stator_plugin_descriptor* plugin;
  void operator()(Transport* transport) const { plugin->destroy(transport); }
};
using OwnedTransport = std::unique_ptr<Transport, Destroy>;

struct Node {
  Node(const stator_plugin_descriptor& plugin, const Config& config, int loops)
      : host(loops), transport(static_cast<Transport*>(plugin.create(host, config, status)), Destroy{&plugin}) {
    if (transport != nullptr) status = transport->start("127.0.0.1:0", nullptr, &peers);
  }
  ~Node() {
    if (transport != nullptr) transport->stop();
  }

  Status status;
  NodeHost host;
  EchoPeers peers;
  OwnedTransport transport;
};

/// Keeps a number of calls of one loop in flight until told to stop.
class Asker {
 public:
  Asker(Node& from, std::string to, Frame request) : from_(from), to_(std::move(to)), request_(std::move(request)) {}
  /// On its loop. `running` is counted down when the last call has ended.
  void begin(int in_flight, std::latch& running) {
    open_ = in_flight;
    ended_ = &running;
    for (int i = 0; i < in_flight; ++i) ask();
  }
  /// [any-thread]
  void end() { ending_ = true; }
  std::uint64_t answered() const { return answered_; }
  std::uint64_t failed() const { return failed_; }

 private:
  void ask() {
    from_.transport->call(to_, request_, from_.host.now() + std::chrono::seconds(5),
                          [this](const Result<Frame>& reply) {
                            ++(reply.is_ok() ? answered_ : failed_);
                            if (!ending_ && reply.is_ok()) return ask();
                            if (--open_ == 0) ended_->count_down();
                          });
  }

  Node& from_;
  const std::string to_;
  const Frame request_;
  int open_ = 0;
  std::latch* ended_ = nullptr;
  std::atomic<bool> ending_{false};
  std::atomic<std::uint64_t> answered_{0};
  std::atomic<std::uint64_t> failed_{0};
};

/// Processor time of the node's loops so far.
double cpu_seconds(Node& node) {
  EventLoops& loops = node.host.loops();
  double sum = 0;
  for (int i = 0; i < loops.count(); ++i) {
    std::latch read(1);
    loops.post(i, [&] {
      timespec used{};
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
      sum += double(used.tv_sec) + double(used.tv_nsec) / 1e9;
      read.count_down();
    });
    read.wait();
  }
  return sum;
}

void measure(Node& asks, Node& answers, const Load& load) {
  const auto request = std::make_shared<const Bytes>(load.bytes, 'x');
  std::vector<std::unique_ptr<Asker>> askers;
  std::latch running(load.loops);
  std::latch over(1);
  for (int i = 0; i < load.loops; ++i) {
    askers.push_back(std::make_unique<Asker>(asks, answers.transport->address(), request));
    asks.host.loops().post(i, [&, i] { askers[std::size_t(i)]->begin(load.in_flight / load.loops, running); });
  }
  const double asks_before = cpu_seconds(asks), answers_before = cpu_seconds(answers);
  asks.host.after(std::chrono::seconds(load.seconds), [&] { over.count_down(); });
  over.wait();
  const double asks_used = cpu_seconds(asks) - asks_before, answers_used = cpu_seconds(answers) - answers_before;
  std::uint64_t answered = 0, failed = 0;
  for (auto& asker : askers) {
    answered += asker->answered();
    asker->end();
  }
  running.wait();
  for (auto& asker : askers) failed += asker->failed();
  const double count = double(answered);
  std::printf(
      "%d in flight, %zu bytes, %d loops a side: %.0f requests/s, CPU a request %.2f us asking, %.2f us answering, "
      "%llu failed\n",
      load.in_flight, load.bytes, load.loops, count / load.seconds, asks_used / count * 1e6, answers_used / count * 1e6,
      static_cast<unsigned long long>(failed));
}

/// The defaults of the plugin's options, for the types that carriers have.
Config defaults(const stator_plugin_descriptor& plugin) {
  std::map<std::string, Config::Value, std::less<>> values;
  for (const stator_option* option = plugin.options; option != nullptr && option->key != nullptr; ++option) {
    const std::string type = option->type, text = option->default_value == nullptr ? "" : option->default_value;
    const std::int64_t number = std::atoll(text.c_str());
    if (type == "string") values[option->key] = text;
    if (type == "int") values[option->key] = number;
    if (type == "bool") values[option->key] = text == "true";
    if (type == "list") values[option->key] = std::vector<std::string>();
    if (type == "bytes")
      values[option->key] = number * (text.ends_with("MiB") ? 1 << 20 : text.ends_with("KiB") ? 1 << 10 : 1);
    if (type == "duration") {
      values[option->key] =
          text.ends_with("ms") ? Duration(std::chrono::milliseconds(number)) : Duration(std::chrono::seconds(number));
    }
  }
  return Config("bench", std::move(values));
}

int run(const char* path, const Load& load) {
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  const void* symbol = library == nullptr ? nullptr : dlsym(library, "stator_plugin");
  if (symbol == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  const auto& plugin = *static_cast<const stator_plugin_descriptor*>(symbol);
  const Config config = defaults(plugin);
  Node asks(plugin, config, load.loops), answers(plugin, config, load.loops);
  for (const Node* node : {&asks, &answers}) {
    if (node->status.is_ok()) continue;
    std::fprintf(stderr, "%s\n", node->status.text().c_str());
    return 1;
  }
  measure(asks, answers, load);
  return 0;
}

}  // namespace
}  // namespace stator

int main(int count, char** words) {
  auto number = [&](int at, int otherwise) { return count > at ? std::atoi(words[at]) : otherwise; };
  if (count < 2) {
    std::fprintf(stderr, "peer_echo_bench PLUGIN.so [in-flight] [bytes] [seconds] [loops]\n");
    return 1;
  }
  return stator::run(words[1], {number(2, 64), static_cast<std::size_t>(number(3, 200)), number(4, 3), number(5, 1)});
}
