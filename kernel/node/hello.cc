#include "kernel/node/hello.h"

#include "stator/v1/peer.pb.h"

namespace stator {
namespace {

constexpr std::uint32_t kProtocol = 1;

Status differs(const Hello& theirs, const std::string& what) {
  return {Code::failed_precondition, "node \"" + theirs.node + "\" is refused: " + what};
}

}  // namespace

Bytes encode_hello(const Hello& hello) {
  v1::Hello message;
  message.set_protocol(kProtocol);
  message.set_cluster(hello.cluster);
  message.set_node(hello.node);
  message.set_partition_bits(static_cast<std::uint32_t>(hello.partition_bits));
  message.set_ring(hello.ring);
  for (const auto& [name, fingerprint] : hello.keyspaces) (*message.mutable_keyspaces())[name] = fingerprint;
  return message.SerializeAsString();
}

Result<Hello> decode_hello(BytesView bytes) {
  v1::Hello message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Status(Code::invalid_argument, "the other side's hello is malformed");
  }
  if (message.protocol() != kProtocol) {
    return Status(Code::failed_precondition, "node \"" + message.node() + "\" speaks protocol " +
                                                 std::to_string(message.protocol()) + ", this node speaks " +
                                                 std::to_string(kProtocol));
  }
  Hello hello{message.cluster(), message.node(), static_cast<int>(message.partition_bits()), message.ring(), {}};
  for (const auto& [name, fingerprint] : message.keyspaces()) hello.keyspaces[name] = fingerprint;
  return hello;
}

Status compare_hello(const Hello& ours, const Hello& theirs) {
  if (theirs.cluster != ours.cluster)
    return differs(theirs, "it is of cluster \"" + theirs.cluster + "\", this one is \"" + ours.cluster + "\"");
  if (theirs.node == ours.node) return differs(theirs, "it has this node's own id");
  if (theirs.partition_bits != ours.partition_bits) {
    return differs(theirs, "its grid has 2^" + std::to_string(theirs.partition_bits) + " partitions, this one's 2^" +
                               std::to_string(ours.partition_bits));
  }
  return Status::ok();
}

}  // namespace stator
