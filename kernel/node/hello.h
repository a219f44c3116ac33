#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "kernel/node/peer_clocks.h"
#include "stator/bytes.h"
#include "stator/status.h"
#include "stator/version.h"

namespace stator {

/// What nodes must agree on about a keyspace: setting → value, as people are shown it.
using KeyspaceSettings = std::map<std::string, std::string>;

/// What a node says of itself when a link opens, as a value; Hello of peer.proto is how it travels.
struct Hello {
  std::string cluster;
  std::string node;
  int partition_bits = 0;
  std::uint64_t ring = 0;                            ///< fingerprint of all rings
  std::map<std::string, std::uint64_t> keyspaces;    ///< fingerprint of each one's settings and plugins
  Stamp life;                                        ///< the first stamp of this process
  Stamp now;                                         ///< a stamp given just now
  std::map<std::string, HeardClock> heard;           ///< how far the others' clocks were heard to have come
  std::map<std::string, KeyspaceSettings> settings;  ///< what the fingerprints of the keyspaces are made of
  bool deltas = true;                                ///< whether it takes ReplicateDelta; older ones do not
};

Bytes encode_hello(const Hello& hello);
/// invalid_argument for bytes that are none; failed_precondition for another protocol.
Result<Hello> decode_hello(BytesView bytes);

/// Whether the two may talk at all: same cluster, same grid, different nodes. The text says what differs.
Status compare_hello(const Hello& ours, const Hello& theirs);

}  // namespace stator
