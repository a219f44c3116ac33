#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <boost/intrusive/list.hpp>

#include "stator/host.h"
#include "stator/opened_links.h"
#include "stator/transport.h"

namespace stator::grpc_transport {

/// Counts what still has, or may start, an operation on a completion queue: a queue is shut down at zero only, since
/// starting an operation on a shut one aborts. [any-thread]
class LiveCount {
 public:
  void enter() { count_.fetch_add(1, std::memory_order_relaxed); }
  void leave() {
    if (count_.fetch_sub(1, std::memory_order_acq_rel) == 1) count_.notify_all();
  }
  /// [blocking]
  void wait_none() const {
    for (auto count = count_.load(); count != 0; count = count_.load()) count_.wait(count);
  }

 private:
  std::atomic<std::int64_t> count_{0};
};

/// Something on a loop that a stop must end there: a request being served, a link.
class Endable : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  virtual ~Endable() = default;
  /// Ends it now, answering what is owed with `unavailable`. [serial, its loop]
  virtual void end() = 0;
};

/// What one loop holds of this transport. [serial, that loop]
struct LoopShare {
  boost::intrusive::list<Endable, boost::intrusive::constant_time_size<false>> endable;
  bool stopping = false;  ///< nothing new is taken
};

/// What every part of one transport instance is given. Outlives them all, but for requests that were answered.
struct Wiring {
  Wiring(Host& host, Loops& loops, Clients* clients, Peers* peers, std::size_t max_in_flight)
      : host(host),
        loops(loops),
        clients(clients),
        peers(peers),
        max_in_flight(max_in_flight),
        shares(static_cast<std::size_t>(loops.count())) {}

  Host& host;
  Loops& loops;
  Clients* clients;  ///< null: no such part
  Peers* peers;      ///< null: no such part
  std::size_t max_in_flight;
  std::vector<LoopShare> shares;  ///< by loop
  LiveCount live;
  OpenedLinks opened_links;
  std::atomic<unsigned> turn{0};

  LoopShare& share(int loop) { return shares[static_cast<std::size_t>(loop)]; }
  /// Deals requests out to the loops.
  int next_loop() {
    return static_cast<int>(turn.fetch_add(1, std::memory_order_relaxed) % static_cast<unsigned>(shares.size()));
  }
};

}  // namespace stator::grpc_transport
