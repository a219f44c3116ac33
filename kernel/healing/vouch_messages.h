#pragma once

#include <string>
#include <vector>

#include "kernel/coordinator/peer_messages.h"
#include "kernel/ring/token.h"
#include "stator/bytes.h"
#include "stator/status.h"
#include "stator/transport.h"
#include "stator/version.h"

namespace stator {

/// What a node that has lost data asks another replica about copies it is not sure of, as values; proto/stator/v1/
/// repair.proto is how they travel. All keys are of one partition.
struct VouchRequest {
  struct Copy {
    Bytes key;
    Context context;
  };
  std::string keyspace;
  std::vector<Copy> copies;
};

struct VouchReply {
  std::vector<bool> knows;  ///< of each copy: whether the answering node's own has seen everything it has
  bool in_doubt = false;    ///< the answering node has lost data there itself
};

/// A peer's request, whole.
Frame encode_vouch_request(const VouchRequest& request, const PeerRequestHead& head, TimePoint now);
/// Of the body that a peer's request carries. invalid_argument for bytes that are none.
Result<VouchRequest> decode_vouch_request(BytesView body);

/// A peer's reply, whole.
Frame encode_vouch_reply(const VouchReply& reply);
/// The failure that the other side told of, or internal for bytes that are no such reply.
Result<VouchReply> decode_vouch_reply(BytesView frame);

}  // namespace stator
