#pragma once

#include <string>

#include "stator/host.h"
#include "stator/status.h"
#include "stator/transport.h"

namespace stator {

/// One request to a peer.
struct PeerCall {
  const char* method = "";  ///< for metrics: "put", "delete", "get", "forward", "membership"; a literal
  Frame frame;
  TimePoint deadline;
};

/// This node's links to the others, as one loop uses them. [that loop]
class PeerLinks {
 public:
  using Done = UniqueFunction<void(Result<Frame>)>;
  virtual ~PeerLinks() = default;
  /// Sends a request and hands over its reply, or why there is none: once, on this loop, never inside the call, at the
  /// latest about when the deadline has passed.
  virtual void call(const std::string& node, PeerCall call, Done done) = 0;
  /// False while the node was found unreachable a moment ago: ask it last.
  virtual bool likely_up(const std::string& node) const = 0;
  /// False from a call that failed until one is answered. What cannot be asked again elsewhere goes elsewhere first.
  virtual bool answered_last(const std::string& node) const = 0;
  /// How long the slowest hundredth of this node's answers takes; a guess until enough were seen.
  virtual Duration p99(const std::string& node) const = 0;
};

}  // namespace stator
