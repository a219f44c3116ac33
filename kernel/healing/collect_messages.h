#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/coordinator/peer_messages.h"
#include "kernel/ring/token.h"
#include "stator/bytes.h"
#include "stator/status.h"
#include "stator/version.h"

namespace stator {

/// Why a tombstone was not collected: the first reason that a round came upon. For people the names below.
enum class CollectBlock : std::uint8_t {
  none,
  unreachable,  ///< a member did not answer; so it counts as one that holds something older
  failed,       ///< a member answered with an error
  ring,         ///< a member places the partition by another ring
  clock,        ///< a member's clock is too far from the others'
  hint,         ///< a member holds a hint, or a copy that stands in for another node's, in the partition
  busy,         ///< another node's round is under way there, or this one's has lapsed
  full,         ///< a member remembers as many collections as it can
  differs,      ///< a replica holds another record, or none
  writing,      ///< a replica is just storing one
  young,        ///< by a replica's clock its grace is not over
  live,         ///< it holds a value that has not expired
  stray,        ///< a node that is no replica holds a copy
  doubt,        ///< a member has lost data and not yet caught up with its peers
  restore,      ///< a member is being filled from a backup, of which something older may still come
  last_one = restore
};
const char* name_of(CollectBlock block);
/// The same in words, for whoever asks why a tombstone is still there. Not of `none`.
const char* words_of(CollectBlock block);

enum class CollectStep : std::uint8_t { survey, prepare, commit };

struct CollectKey {
  Bytes key;
  std::uint64_t digest = 0;
  bool operator==(const CollectKey&) const = default;
};

/// What the coordinator of a round and the members say to each other, as values; proto/stator/v1/collect.proto is how
/// they travel.
struct CollectRequest {
  CollectStep step = CollectStep::survey;
  std::string keyspace;
  Partition partition = 0;
  std::uint64_t round = 0;
  std::uint64_t ring = 0;
  Stamp cut;
  std::vector<CollectKey> keys;
};
struct CollectReply {
  CollectBlock block = CollectBlock::none;
  Stamp clock;
  Stamp wall;
  std::vector<CollectBlock> blocks;  ///< one for each key, unless `block` is set
};

/// A peer's request, whole.
Frame encode_collect_request(const CollectRequest& request, const PeerRequestHead& head, TimePoint now);
/// Of the body that a peer's request carries. invalid_argument for bytes that are none.
Result<CollectRequest> decode_collect_request(BytesView body);
/// A peer's reply, whole.
Frame encode_collect_reply(const CollectReply& reply);
/// The failure that the other side told of, or internal for bytes that are no such reply.
Result<CollectReply> decode_collect_reply(BytesView frame);

}  // namespace stator
