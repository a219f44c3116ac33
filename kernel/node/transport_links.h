#pragma once

#include <functional>
#include <map>
#include <string>

#include "kernel/seams/executor.h"
#include "kernel/seams/peer_links.h"
#include "stator/transport.h"

namespace stator {

/// One loop's links over a carrier plugin. Knows which nodes failed a moment ago and how long each takes to answer.
/// [its loop]
class TransportLinks final : public PeerLinks {
 public:
  /// Where a node listens for the carrier; empty if it is not known. [its loop]
  using AddressOf = std::function<std::string(const std::string& node)>;
  /// Told of every finished call. [its loop]
  using Observe = std::function<void(const std::string& node, const char* method, Duration took)>;

  TransportLinks(Executor& executor, Transport& carrier, AddressOf address_of, Observe observe);

  void call(const std::string& node, PeerCall call, Done done) override;
  bool likely_up(const std::string& node) const override;
  bool answered_last(const std::string& node) const override;
  Duration p99(const std::string& node) const override;

 private:
  struct Peer {
    TimePoint avoid_until{};  ///< the beginning of time: the last call was answered
    Duration p99 = std::chrono::milliseconds(10);
  };

  void note(const std::string& node, const Status& outcome, Duration took);

  Executor& executor_;
  Transport& carrier_;
  const AddressOf address_of_;
  const Observe observe_;
  std::map<std::string, Peer, std::less<>> peers_;
};

}  // namespace stator
