#include "kernel/node/peer_clocks.h"

#include <algorithm>
#include <utility>

#include "kernel/causality/wire.h"

namespace stator {

void PeerClocks::meet(const std::string& node, Stamp life, Stamp now) {
  std::lock_guard lock(mutex_);
  HeardClock& clock = heard_[node];
  if (clock.life != life) clock = {life, Stamp{}, clock.outside(life)};
  clock.heard = std::max(clock.heard, now);
}

void PeerClocks::hear(const std::string& node, Stamp given) {
  std::lock_guard lock(mutex_);
  auto met = heard_.find(node);
  if (met != heard_.end()) met->second.heard = std::max(met->second.heard, given);
}

std::map<std::string, HeardClock> PeerClocks::all() const {
  std::lock_guard lock(mutex_);
  return heard_;
}

void PeerClocks::restore(std::map<std::string, HeardClock> heard) {
  std::lock_guard lock(mutex_);
  heard_ = std::move(heard);
}

Bytes encode_heard(const std::map<std::string, HeardClock>& heard) {
  Bytes out;
  ByteWriter writer(out);
  for (const auto& [node, clock] : heard) {
    writer.counted(node);
    for (Stamp stamp : {clock.life, clock.heard, clock.before}) writer.word(stamp.bits);
  }
  return out;
}

Result<std::map<std::string, HeardClock>> decode_heard(BytesView bytes) {
  ByteReader in(bytes);
  std::map<std::string, HeardClock> heard;
  while (in.ok() && !in.at_end()) {
    std::string node(in.counted());
    HeardClock clock;
    for (Stamp* stamp : {&clock.life, &clock.heard, &clock.before}) *stamp = Stamp{in.word()};
    if (!heard.empty() && node <= heard.rbegin()->first) in.fail();
    heard.emplace(std::move(node), clock);
  }
  if (!in.ok()) return Status(Code::data_loss, "what the store has heard of peers' clocks is malformed");
  return heard;
}

}  // namespace stator
