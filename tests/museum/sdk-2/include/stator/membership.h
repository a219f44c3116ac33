#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "stator/bytes.h"
#include "stator/status.h"

namespace stator {

enum class MemberState { alive, suspect, dead, left };

/// One node of the cluster as membership knows it.
struct Member {
  std::string id;
  std::map<std::string, std::string> addresses;  ///< transport instance → "host:port" where others dial it
  std::string zone;                              ///< empty: none declared
  MemberState state = MemberState::alive;
  std::uint64_t incarnation = 0;  ///< grows whenever the member speaks for itself anew; never goes back
  bool operator==(const Member&) const = default;
};

/// How a membership plugin reaches its fellows: over the kernel's peer links. Best effort, unordered. [any-thread]
class Links {
 public:
  virtual ~Links() = default;
  virtual void send(const std::string& node, Bytes message) = 0;
};

/// membership/1. Who is in the cluster and who can be reached. It reports facts; the ring decides placement. [serial,
/// on the host's first loop, but for members()]
///
/// Laws: self is always listed; joins converge over a lossy link; incarnations never go back; no callback after stop.
class Membership {
 public:
  static constexpr const char* kInterfaceId = "membership/1";
  using OnChange = std::function<void()>;
  virtual ~Membership() = default;
  /// `configured` is every `[[node]]` of the configuration, self included. `on_change` is called after members()
  /// changed, never inside start. `links` and `on_change` are good until stop returned.
  virtual Status start(const std::string& self, std::vector<Member> configured, Links& links, OnChange on_change) = 0;
  /// Ascending by id, self included. [any-thread]
  virtual std::vector<Member> members() const = 0;
  /// A message that the same plugin on `from` sent.
  virtual void receive(const std::string& from, BytesView message) = 0;
  /// Tells the others that this node goes for good. OK at once; delivery is best effort.
  virtual void leave() = 0;
  /// May be called twice.
  virtual void stop() = 0;
};

}  // namespace stator
