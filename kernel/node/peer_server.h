#pragma once

#include <functional>
#include <string>

#include "kernel/coordinator/peer_messages.h"
#include "kernel/node/node.h"
#include "stator/transport.h"

namespace stator {

/// Answers other nodes: merges what they replicate, shows them this node's copies, coordinates what they forward. [any
/// loop]
class PeerServer final : public Peers {
 public:
  struct Hooks {
    std::function<void(LogLevel, const std::string&)> log;                       ///< [any-thread]
    std::function<void(const std::string& node, BytesView message)> membership;  ///< on the first loop
  };

  PeerServer(Node& node, Hooks hooks);

  Bytes hello() override;
  Result<std::string> meet(BytesView hello) override;
  void receive(const std::string& node, Frame request, Reply reply) override;

 private:
  struct Answer;

  void serve(ReplicatePut body, Answer answer);
  void serve(const ReplicaGet& body, Answer answer);
  Result<Replica::Held> held_of(const Keyspace& keyspace, Partition partition, const ReplicaGet& body) const;
  void answer_held(const Keyspace& keyspace, const ReplicaGet& body, Answer answer, Result<Replica::Held> held);
  void serve(Forward body, Answer answer);
  void serve(MembershipMessage body, Answer answer);
  void serve(const TreeQuestion& body, Answer answer);
  void serve(const LeavesQuestion& body, Answer answer);
  void serve(const ExplainQuestion& body, Answer answer);
  void serve(const CollectQuestion& body, Answer answer);
  void serve(const VouchQuestion& body, Answer answer);
  void vouch(const Keyspace& keyspace, const VouchRequest& request, Answer answer) const;
  Status check_birth(const PeerRequestMessage& message);
  /// Null, and answered, when the keyspace is unknown here or its rules differ from the asking node's.
  Keyspace* keyspace_for(const std::string& name, Answer& answer);

  Node& node_;
  const Hooks hooks_;
};

}  // namespace stator
