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
  message.set_life(hello.life.bits);
  message.set_now(hello.now.bits);
  for (const auto& [node, clock] : hello.heard) {
    v1::HeardClock& to = (*message.mutable_heard())[node];
    to.set_life(clock.life.bits);
    to.set_heard(clock.heard.bits);
    to.set_before(clock.before.bits);
  }
  for (const auto& [name, settings] : hello.settings) {
    auto& values = *(*message.mutable_settings())[name].mutable_values();
    for (const auto& [setting, value] : settings) values[setting] = value;
  }
  message.set_deltas(hello.deltas);
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
  Hello hello{.cluster = message.cluster(),
              .node = message.node(),
              .partition_bits = static_cast<int>(message.partition_bits()),
              .ring = message.ring()};
  hello.deltas = message.deltas();
  hello.life = Stamp{message.life()};
  hello.now = Stamp{message.now()};
  for (const auto& [node, clock] : message.heard())
    hello.heard[node] = {Stamp{clock.life()}, Stamp{clock.heard()}, Stamp{clock.before()}};
  for (const auto& [name, fingerprint] : message.keyspaces()) hello.keyspaces[name] = fingerprint;
  for (const auto& [name, settings] : message.settings())
    hello.settings[name] = {settings.values().begin(), settings.values().end()};
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
