#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "stator/bytes.h"
#include "stator/status.h"
#include "stator/version.h"

namespace stator {

/// How far a peer's clock was heard to have come. A life is one process of a node, named by its first stamp.
struct HeardClock {
  Stamp life;    ///< the life that was met last
  Stamp heard;   ///< the newest stamp of that life
  Stamp before;  ///< the newest stamp of all lives before it

  /// The newest stamp of any life but this one.
  Stamp outside(Stamp this_life) const { return life == this_life ? before : std::max(heard, before); }
  bool operator==(const HeardClock&) const = default;
};

/// What this node has heard of its peers' clocks, kept across restarts. A node never gives a stamp above a limit that
/// it has on disk; so one whose disk knows of a lower limit than its peers have heard stamps has lost what it wrote
/// since: its disk was wiped, or an old copy of it was put back. [any-thread]
class PeerClocks {
 public:
  /// `node` said hello: in which life it is, and what its clock shows.
  void meet(const std::string& node, Stamp life, Stamp now);
  /// A stamp that the node gave in the life it was met in; of one that was never met, nothing is noted.
  void hear(const std::string& node, Stamp given);

  std::map<std::string, HeardClock> all() const;
  /// Takes over what an earlier process of this node had heard. [startup]
  void restore(std::map<std::string, HeardClock> heard);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, HeardClock> heard_;
};

/// heard := (node:counted life:word heard:word before:word)*, ascending by node
Bytes encode_heard(const std::map<std::string, HeardClock>& heard);
/// data_loss for bytes that encode_heard does not give.
Result<std::map<std::string, HeardClock>> decode_heard(BytesView bytes);

}  // namespace stator
