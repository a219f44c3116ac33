#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

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
  unsigned straggler_permille = 0;  ///< of frames, which take up to `longest_straggle` more and are overtaken
  Duration longest_straggle{0};
};

/// What it did, since it was made.
struct NetworkCounts {
  std::uint64_t requests = 0;
  std::uint64_t dropped = 0;     ///< by chance
  std::uint64_t cut_off = 0;     ///< on links that were cut
  std::uint64_t duplicated = 0;  ///< requests
  std::uint64_t straggled = 0;
};

/// The links between simulated nodes, by node id: delays, drops, repeats and reorders frames, and cuts single
/// directions, all from the scheduler's seed. [the simulation's thread]
class SimNetwork {
 public:
  static constexpr std::size_t kMostNodes = 16;
  /// May change what travels; gets every request.
  using Tamper = std::function<Frame(const std::string& from, const std::string& to, Frame request)>;
  /// Sees every request that is sent.
  using Watch = std::function<void(const std::string& from, const std::string& to, const Frame& request)>;

  explicit SimNetwork(Scheduler& scheduler) : scheduler_(scheduler) {}
  SimNetwork(const SimNetwork&) = delete;
  SimNetwork& operator=(const SimNetwork&) = delete;

  void set_faults(const NetworkFaults& faults) { faults_ = faults; }
  const NetworkFaults& faults() const { return faults_; }
  /// Frames from `from` to `to` vanish; the other direction is untouched.
  void cut(const std::string& from, const std::string& to) { cut_[place(from)][place(to)] = true; }
  void restore(const std::string& from, const std::string& to) { cut_[place(from)][place(to)] = false; }
  /// Both directions between `node` and each of the others.
  void isolate(const std::string& node, const std::vector<std::string>& others);
  /// Restores every link.
  void heal() { cut_ = {}; }
  /// Frames to that node take so much longer.
  void slow_down(const std::string& node, Duration by) { slow_[place(node)] = by; }
  void set_tamper(Tamper tamper) { tamper_ = std::move(tamper); }
  void set_watch(Watch watch) { watch_ = std::move(watch); }
  const NetworkCounts& counts() const { return counts_; }

 private:
  friend class SimTransport;
  using Place = std::uint8_t;
  /// A question on its way: who asked, in which life, under which number.
  struct Call {
    std::uint64_t life = 0;
    std::uint64_t number = 0;
    Place from = 0;
    Place to = 0;
  };

  /// A node's number here, given when it is first named.
  Place place(const std::string& node);
  std::uint64_t attach(Place node, SimTransport& transport);
  void detach(Place node) { attached_[node] = nullptr; }
  void send(const Call& call, Frame request);
  void arrive(const Call& call, const Frame& request);
  void send_reply(const Call& call, Result<Frame> reply);
  SimTransport* find(const Call& call) const;
  bool lost(Place from, Place to);
  Duration delay_to(Place node);
  bool introduce(SimTransport& from, SimTransport& to);

  Scheduler& scheduler_;
  NetworkFaults faults_;
  NetworkCounts counts_;
  Tamper tamper_;
  Watch watch_;
  std::vector<std::string> names_;  // by place
  std::array<std::array<bool, kMostNodes>, kMostNodes> cut_{};
  std::array<Duration, kMostNodes> slow_{};
  std::array<SimTransport*, kMostNodes> attached_{};
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
  /// Calls that wait for their reply.
  std::size_t in_flight() const { return pending_.size(); }
  /// What they have sent, together.
  std::size_t bytes_in_flight() const { return bytes_; }
  /// Whether hellos were exchanged with anybody in this life.
  bool has_met() const {
    return std::any_of(met_.begin(), met_.end(), [](std::uint64_t life) { return life != 0; });
  }

 private:
  friend class SimNetwork;
  struct Pending {
    Done done;
    TimerId timer = 0;
    std::size_t bytes = 0;
  };
  void complete(std::uint64_t number, Result<Frame> reply);

  SimNetwork& network_;
  Executor& executor_;
  Peers* peers_ = nullptr;
  std::string node_;
  SimNetwork::Place place_ = 0;
  std::uint64_t life_ = 0;
  std::uint64_t last_number_ = 0;
  std::map<std::uint64_t, Pending> pending_;
  std::size_t bytes_ = 0;
  std::array<std::uint64_t, SimNetwork::kMostNodes> met_{};  // lives of others with which hellos were exchanged
};

}  // namespace stator::simulation
