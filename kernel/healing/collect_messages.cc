#include "kernel/healing/collect_messages.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "kernel/coordinator/frame_of.h"
#include "stator/v1/collect.pb.h"
#include "stator/v1/peer.pb.h"

namespace stator {
namespace {

constexpr const char* kNames[] = {"none",    "unreachable", "failed", "ring", "clock", "hint",  "busy",   "full",
                                  "differs", "writing",     "young",  "live", "stray", "doubt", "restore"};
static_assert(std::size(kNames) == static_cast<std::size_t>(CollectBlock::last_one) + 1);

constexpr const char* kWords[] = {"nothing stood in its way",
                                  "a member did not answer, and may hold something older",
                                  "a member answered with an error",
                                  "a member places the partition by another ring",
                                  "a member's clock is too far from the others'",
                                  "a member holds a hint, or a copy that stands in for another's, in the partition",
                                  "another round was under way in the partition",
                                  "a member remembers as many collections as it can",
                                  "a replica held another record, or none",
                                  "a replica was just storing one",
                                  "by a replica's clock its grace was not over",
                                  "it held a value that had not expired",
                                  "a node that is no replica held a copy",
                                  "a member had lost data and had not caught up with its peers",
                                  "a backup was being put back, of which something older might still have come"};
static_assert(std::size(kWords) == std::size(kNames));

bool read_block(std::uint32_t number, CollectBlock& block) {
  if (number > static_cast<std::uint32_t>(CollectBlock::last_one)) return false;
  block = static_cast<CollectBlock>(number);
  return true;
}

}  // namespace

const char* name_of(CollectBlock block) { return kNames[static_cast<std::size_t>(block)]; }

const char* words_of(CollectBlock block) { return kWords[static_cast<std::size_t>(block)]; }

Frame encode_collect_request(const CollectRequest& request, const PeerRequestHead& head, TimePoint now) {
  v1::CollectRequest body;
  body.set_step(static_cast<std::uint32_t>(request.step));
  body.set_keyspace(request.keyspace);
  body.set_partition(request.partition);
  body.set_round(request.round);
  body.set_ring(request.ring);
  body.set_cut(request.cut.bits);
  for (const CollectKey& key : request.keys) {
    v1::CollectKey* entry = body.add_keys();
    entry->set_key(key.key);
    entry->set_digest(key.digest);
  }
  v1::PeerRequest frame;
  const auto left = std::chrono::duration_cast<std::chrono::microseconds>(head.deadline - now).count();
  frame.set_timeout_us(static_cast<std::uint64_t>(std::max<std::int64_t>(left, 0)));
  if (head.born != Stamp{}) frame.set_born(head.born.bits);
  body.SerializeToString(frame.mutable_collect());
  return frame_of(frame);
}

Result<CollectRequest> decode_collect_request(BytesView body) {
  v1::CollectRequest message;
  if (!message.ParseFromArray(body.data(), static_cast<int>(body.size())) || message.partition() > UINT16_MAX ||
      message.step() > static_cast<std::uint32_t>(CollectStep::commit)) {
    return Status(Code::invalid_argument, "a collection's request is not one: malformed bytes");
  }
  CollectRequest request{static_cast<CollectStep>(message.step()),
                         std::move(*message.mutable_keyspace()),
                         static_cast<Partition>(message.partition()),
                         message.round(),
                         message.ring(),
                         Stamp{message.cut()},
                         {}};
  for (v1::CollectKey& key : *message.mutable_keys())
    request.keys.push_back({std::move(*key.mutable_key()), key.digest()});
  return request;
}

Frame encode_collect_reply(const CollectReply& reply) {
  v1::CollectReply body;
  body.set_block(static_cast<std::uint32_t>(reply.block));
  body.set_clock(reply.clock.bits);
  body.set_wall(reply.wall.bits);
  for (CollectBlock block : reply.blocks) body.add_blocks(static_cast<std::uint32_t>(block));
  v1::PeerReply frame;
  body.SerializeToString(frame.mutable_collect());
  return frame_of(frame);
}

Result<CollectReply> decode_collect_reply(BytesView bytes) {
  const Status malformed(Code::internal, "a collection's reply is not one: malformed bytes");
  v1::PeerReply frame;
  if (!frame.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return malformed;
  if (frame.code() != 0) {
    const auto last = static_cast<std::uint32_t>(Code::internal);
    return Status(static_cast<Code>(std::min(frame.code(), last)), std::move(*frame.mutable_message()));
  }
  v1::CollectReply body;
  if (frame.body_case() != v1::PeerReply::kCollect || !body.ParseFromString(frame.collect())) return malformed;
  CollectReply reply{CollectBlock::none, Stamp{body.clock()}, Stamp{body.wall()}, {}};
  if (!read_block(body.block(), reply.block)) return malformed;
  for (std::uint32_t number : body.blocks()) {
    if (!read_block(number, reply.blocks.emplace_back())) return malformed;
  }
  return reply;
}

}  // namespace stator
