#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/coordinator/peer_messages.h"
#include "stator/bytes.h"
#include "stator/status.h"
#include "stator/transport.h"
#include "stator/version.h"

namespace stator {

/// What two replicas say to each other to find where they differ, as values; proto/stator/v1/repair.proto is how they
/// travel, and says what the numbers are.
enum class TreeLevel : std::uint8_t { groups, partitions, branches };

struct TreeRequest {
  std::string keyspace;
  TreeLevel level = TreeLevel::groups;
  std::vector<std::uint32_t> nodes;
  std::vector<std::uint64_t> hashes;  ///< of groups alone, one each
};

struct TreeReply {
  std::size_t answered = 0;
  std::vector<std::uint32_t> differing;
  std::vector<std::uint32_t> children;
  std::vector<std::uint64_t> hashes;  ///< one for each child
  std::vector<std::uint32_t> unready;
  std::vector<std::uint32_t> unsure;
};

struct LeafQuestion {
  std::uint32_t leaf = 0;
  std::uint64_t from = 0;
  std::vector<std::uint64_t> wanted;
};

struct LeafRequest {
  std::string keyspace;
  std::vector<LeafQuestion> leaves;
};

struct LeafEntries {
  struct Entry {
    std::uint64_t hash = 0;
    Stamp newest;
  };
  std::uint32_t leaf = 0;
  std::vector<Entry> entries;  ///< ascending by hash
  std::uint64_t next = 0;
};

struct RepairRecord {
  Bytes key;
  Bytes record;  ///< encoded
};

struct LeafReply {
  std::vector<LeafEntries> leaves;
  std::vector<RepairRecord> records;
  std::vector<std::uint32_t> busy;
  std::vector<std::uint32_t> unsure;
};

/// A peer's request, whole.
Frame encode_tree_request(const TreeRequest& request, const PeerRequestHead& head, TimePoint now);
Frame encode_leaf_request(const LeafRequest& request, const PeerRequestHead& head, TimePoint now);
/// Of the body that a peer's request carries. invalid_argument for bytes that are none.
Result<TreeRequest> decode_tree_request(BytesView body);
Result<LeafRequest> decode_leaf_request(BytesView body);

/// A peer's reply, whole.
Frame encode_tree_reply(const TreeReply& reply);
Frame encode_leaf_reply(const LeafReply& reply);
/// The failure that the other side told of, or internal for bytes that are no such reply.
Result<TreeReply> decode_tree_reply(BytesView frame);
Result<LeafReply> decode_leaf_reply(BytesView frame);

}  // namespace stator
