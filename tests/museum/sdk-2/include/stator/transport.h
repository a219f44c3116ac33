#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "stator/bytes.h"
#include "stator/host.h"
#include "stator/requests.h"
#include "stator/status.h"
#include "stator/task.h"

namespace stator {

/// An encoded message between nodes, opaque to carriers. Shared, because one encoding goes to several peers.
using Frame = std::shared_ptr<const Bytes>;

/// Where a transport brings requests. One facade per transport instance: a keyspace that does not list the instance
/// does not exist through it. Call on a loop; `done` comes on that loop. [any loop]
class Clients {
 public:
  virtual ~Clients() = default;
  virtual void put(PutRequest request, UniqueFunction<void(Outcome<PutResult>)> done) = 0;
  virtual void get(GetRequest request, UniqueFunction<void(Outcome<GetResult>)> done) = 0;
  /// Pages by name: "health", "ring", "keyspaces", "plugins", "metrics", "hints", "hints_wait" (answered when all hints
  /// queued before are delivered; argument.deadline bounds it), "ae", "persist"; of argument.key in argument.keyspace,
  /// "siblings" (this node's own copy; not_found if it holds none) and "explain" (what every member says of it);
  /// "backup" (the checkpoint that is being taken or fetched, if there is one); "repair" (no argument.key: begins a
  /// round of anti-entropy in argument.keyspace, or in all if that is empty; else shows how far the one is that was
  /// begun then). not_found for another name.
  virtual void inspect(std::string page, RequestHead argument, UniqueFunction<void(Outcome<Page>)> done) = 0;
  /// Largest value of any keyspace visible here, in bytes: what a transport may refuse unread.
  virtual std::uint64_t max_value_bytes() const = 0;
  /// What administrators do to the node, by name: "backup/begin" … (docs/decisions, 2026-11-28). `body` is at most
  /// kMaxActionBytes. not_found for another name.
  virtual void act(std::string action, Bytes body, UniqueFunction<void(Outcome<Page>)> done) = 0;
  /// As much as one node sends another at once.
  static constexpr std::uint64_t kMaxActionBytes = 64 << 20;
};

/// Where a carrier brings frames of other nodes. Call on a loop. [any loop]
class Peers {
 public:
  using Reply = UniqueFunction<void(Frame)>;
  virtual ~Peers() = default;
  /// What this node says of itself when a link opens. The same for every link; may change between links.
  virtual Bytes hello() = 0;
  /// Checks what the other side said: its node id, or the reason to close the link. The reason is told to the other
  /// side.
  virtual Result<std::string> meet(BytesView hello) = 0;
  /// One request of `node` (as meet named it). `reply` is called on this loop, once or, if the kernel drops the request
  /// (its deadline passed), never; possibly inside this call. It may outlive the link and is then a no-op.
  virtual void receive(const std::string& node, Frame request, Reply reply) = 0;
};

/// transport/1. Brings client requests in (capability "clients"), carries frames between nodes ("peers"), or both.
///
/// Laws: a reply is the very bytes the other side gave; 0 B to 8 MiB pass; deadlines are kept; an unreachable peer is
/// `unavailable`, not a hang; stop completes everything; nothing is retried; frames to one peer of one loop turn go in
/// one write.
class Transport {
 public:
  static constexpr const char* kInterfaceId = "transport/1";
  using Done = UniqueFunction<void(Result<Frame>)>;
  virtual ~Transport() = default;
  /// Binds `listen` ("host:port"; port 0 picks one) and serves from then on. A transport that only dials gets an empty
  /// address. `clients` or `peers` is null if the configuration gives this instance no such part. Both outlive stop.
  /// [startup, blocking]
  virtual Status start(const std::string& listen, Clients* clients, Peers* peers) = 0;
  /// The bound "host:port"; empty before start. [any-thread]
  virtual std::string address() const = 0;
  /// Sends a request to the node that listens at `address` and hands its reply, or why there is none, to `done`: once,
  /// on the calling loop, never inside this call. Connects on demand; after a failed connect answers `unavailable` at
  /// once for a short back-off. Past the deadline: deadline_exceeded, and a late reply is dropped. Bounded in flight
  /// per peer: resource_exhausted. [any loop] Only with capability "peers".
  virtual void call(const std::string& address, Frame request, TimePoint deadline, Done done) = 0;
  /// Stops taking requests, completes what is in flight with `unavailable`, closes everything and waits. May be called
  /// twice. [any-thread but a loop, blocking]
  virtual void stop() = 0;
};

}  // namespace stator
