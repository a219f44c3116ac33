#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "stator/transport.h"
#include "tests/simulation/scheduler.h"

namespace stator {
class Executor;
}

namespace stator::simulation {

class SimTransport;

/// What a network may do to frames.
struct NetworkFaults {
  unsigned drop_permille = 0;       ///< of requests, and of replies
  unsigned duplicate_permille = 0;  ///< of replications and reads; a forwarded write no real carrier would send twice
  Duration least_delay = std::chrono::microseconds(50);
  Duration longest_delay = std::chrono::microseconds(500);
};

/// The links between simulated nodes, by node id: delays, drops, repeats and reorders frames, and cuts single
/// directions, all from the scheduler's seed. [the simulation's thread]
class SimNetwork {
 public:
  /// May change what travels; gets every request.
  using Tamper = std::function<Frame(const std::string& from, const std::string& to, Frame request)>;
  /// Sees every request that is sent.
  using Watch = std::function<void(const std::string& from, const std::string& to, const Frame& request)>;

  explicit SimNetwork(Scheduler& scheduler) : scheduler_(scheduler) {}
  SimNetwork(const SimNetwork&) = delete;
  SimNetwork& operator=(const SimNetwork&) = delete;

  void set_faults(const NetworkFaults& faults) { faults_ = faults; }
  /// Frames from `from` to `to` vanish; the other direction is untouched.
  void cut(const std::string& from, const std::string& to) { cuts_.insert({from, to}); }
  /// Both directions between `node` and each of the others.
  void isolate(const std::string& node, const std::vector<std::string>& others);
  void heal() { cuts_.clear(); }
  /// Frames to that node take so much longer.
  void slow_down(const std::string& node, Duration by) { slow_[node] = by; }
  void set_tamper(Tamper tamper) { tamper_ = std::move(tamper); }
  void set_watch(Watch watch) { watch_ = std::move(watch); }

 private:
  friend class SimTransport;
  /// A question on its way: who asked, in which life, and under which number.
  struct Call {
    std::string from;
    std::uint64_t life = 0;
    std::uint64_t number = 0;
    std::string to;
  };

  std::uint64_t attach(const std::string& node, SimTransport& transport);
  void detach(const std::string& node);
  void send(const Call& call, Frame request);
  void arrive(const Call& call, const Frame& request);
  void send_reply(const Call& call, Result<Frame> reply);
  SimTransport* find(const std::string& node, std::uint64_t life) const;
  bool lost(const std::string& from, const std::string& to);
  Duration delay_to(const std::string& node);
  bool introduce(SimTransport& from, SimTransport& to);

  Scheduler& scheduler_;
  NetworkFaults faults_;
  Tamper tamper_;
  Watch watch_;
  std::set<std::pair<std::string, std::string>> cuts_;
  std::map<std::string, Duration> slow_;
  std::map<std::string, SimTransport*> attached_;
  std::set<std::pair<std::uint64_t, std::uint64_t>> met_;  // lives that have exchanged hellos
  std::uint64_t last_life_ = 0;
};

/// One life of a node on the network, as a carrier plugin would be. Addresses are node ids.
class SimTransport final : public Transport {
 public:
  SimTransport(SimNetwork& network, Executor& executor) : network_(network), executor_(executor) {}
  ~SimTransport() override { stop(); }

  Status start(const std::string& listen, Clients* clients, Peers* peers) override;
  std::string address() const override { return node_; }
  void call(const std::string& address, Frame request, TimePoint deadline, Done done) override;
  /// Forgets what is in flight: the process is gone.
  void stop() override;

 private:
  friend class SimNetwork;
  struct Pending {
    Done done;
    TimerId timer = 0;
  };
  void complete(std::uint64_t number, Result<Frame> reply);

  SimNetwork& network_;
  Executor& executor_;
  Peers* peers_ = nullptr;
  std::string node_;
  std::uint64_t life_ = 0;
  std::uint64_t last_number_ = 0;
  std::map<std::uint64_t, Pending> pending_;
};

}  // namespace stator::simulation
