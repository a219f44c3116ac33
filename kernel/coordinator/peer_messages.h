#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "stator/bytes.h"
#include "stator/host.h"
#include "stator/requests.h"
#include "stator/status.h"
#include "stator/transport.h"
#include "stator/version.h"

namespace stator {

/// What one node asks of another, as values; proto/stator/v1/peer.proto is how they travel. A deadline travels as what
/// is left of it.
struct ReplicatePut {
  std::string keyspace;
  Bytes key;
  Bytes record;            ///< encoded
  bool tombstone = false;  ///< the write behind it is a removal; only the message's name differs
  std::string hint_for;    ///< the primary that the receiver stands in for; empty: it is one itself
};
/// What one operation changed, in place of the whole record.
struct ReplicateDelta {
  std::string keyspace;
  Bytes key;
  Bytes delta;  ///< encoded
};
struct ReplicaGet {
  std::string keyspace;
  Bytes key;
  bool digest_only = false;
};
struct Forward {
  PutRequest put;
};
struct MembershipMessage {
  Bytes message;
};
/// Anti-entropy's questions, still encoded: healing/tree_messages.h reads them.
struct TreeQuestion {
  Bytes message;
};
struct LeavesQuestion {
  Bytes message;
};

/// Whether this node knows copies that the asking one is not sure of, still encoded: healing/vouch_messages.h reads it.
struct VouchQuestion {
  Bytes message;
};

/// What an administrator wants to know about a key, still encoded: node/key_report.h reads it.
struct ExplainQuestion {
  Bytes message;
};

/// A step of a collection, still encoded: healing/collect_messages.h reads it.
struct CollectQuestion {
  Bytes message;
};

struct PeerRequestHead {
  TimePoint deadline;
  std::string trace_id;
  /// The sender's clock when it began the operation that loaded or received the record it sends: the latest moment of
  /// which it can say that the record was current. Unlike a deadline it bounds how long a message can be under way,
  /// whatever holds it up. None: Stamp().
  Stamp born{};
  /// Brings what healing found missing, which can wait: refused as resource_exhausted while there is too much to do.
  bool background = false;
};
struct PeerRequestMessage {
  PeerRequestHead head;
  std::variant<ReplicatePut, ReplicateDelta, ReplicaGet, Forward, MembershipMessage, TreeQuestion, LeavesQuestion,
               CollectQuestion, ExplainQuestion, VouchQuestion>
      body;
};

/// Such a request must say when it was born.
inline bool carries_record(const PeerRequestMessage& request) {
  return std::holds_alternative<ReplicatePut>(request.body) || std::holds_alternative<ReplicateDelta>(request.body);
}

/// What it answers. `failure` set: nothing else is.
struct ReplicaState {
  std::uint64_t digest = 0;
  Bytes record;  ///< empty: none, or only the digest was asked for
};
struct PeerReplyMessage {
  std::optional<Failure> failure;
  ReplicaState state;   ///< to ReplicatePut (digest alone) and ReplicaGet
  PutResult forwarded;  ///< to Forward
  /// To ReplicateDelta: nothing was done, the whole record is needed.
  bool lacks_base = false;
};

/// A replication's frame, made once and sent to several replicas.
Frame encode_replicate(std::string_view keyspace, BytesView key, BytesView record, bool tombstone,
                       const PeerRequestHead& head, TimePoint now);
/// The same of what an operation changed, to replicas that take deltas.
Frame encode_replicate_delta(std::string_view keyspace, BytesView key, BytesView delta, const PeerRequestHead& head,
                             TimePoint now);
/// A replication to a fallback.
Frame encode_hint(const ReplicatePut& hint, const PeerRequestHead& head, TimePoint now);
Frame encode_replica_get(std::string_view keyspace, BytesView key, bool digest_only, const PeerRequestHead& head,
                         TimePoint now);
Frame encode_forward(const PutRequest& put, const PeerRequestHead& head, TimePoint now);
Frame encode_membership(BytesView message, const PeerRequestHead& head, TimePoint now);
/// invalid_argument for bytes that are no request. A deadline that has passed is in the past of `now`.
Result<PeerRequestMessage> decode_peer_request(BytesView frame, TimePoint now);

Frame encode_peer_failure(const Failure& failure);
Frame encode_put_reply(std::uint64_t digest);
Frame encode_delta_reply(bool lacks_base);
Frame encode_get_reply(const ReplicaState& state);
Frame encode_forward_reply(const PutResult& result);
/// Any failure that the other side told of is in it; the Result fails only for bytes that are no reply.
Result<PeerReplyMessage> decode_peer_reply(BytesView frame);

}  // namespace stator
