#pragma once

#include <string>
#include <unordered_map>

#include "link.h"

namespace stator::grpc_transport {

/// One loop's links to its peers: dials on demand, and after a failed attempt answers for a while without another.
/// [serial, its loop]
class Dialer {
 public:
  Dialer(Wiring& wiring, Poller& poller, int loop, LinkLimits limits)
      : wiring_(wiring), poller_(poller), loop_(loop), limits_(limits) {}
  /// As Transport::call.
  void call(const std::string& address, Frame request, TimePoint deadline, Transport::Done done);

 private:
  struct Peer {
    std::shared_ptr<Link> link;  // shared with the stream's operations; null: none
    TimePoint retry_at{};
    Duration backoff{};
    std::uint64_t opened_at_dial = 0;  // links to it that any loop had opened when this one last dialed
    Status why;                        // of the last end
  };
  void dial(const std::string& address, Peer& peer);
  void on_end(const std::string& address, const Status& why, bool met);

  Wiring& wiring_;
  Poller& poller_;
  int loop_;
  LinkLimits limits_;
  std::unordered_map<std::string, Peer> peers_;  // by address; never shrinks: the cluster's configuration bounds it
};

}  // namespace stator::grpc_transport
