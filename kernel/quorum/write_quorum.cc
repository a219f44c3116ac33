#include "kernel/quorum/write_quorum.h"

#include <algorithm>
#include <utility>

#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

bool contains(const std::vector<std::size_t>& nodes, std::size_t node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

}  // namespace

WriteQuorum::WriteQuorum(WriteNodes nodes, std::size_t required) : nodes_(std::move(nodes)), required_(required) {
  for (std::size_t place = 0; place < nodes_.primaries.size(); ++place)
    asks_.push_back({nodes_.primaries[place], place});
  if (std::erase(nodes_.standbys, nodes_.coordinator) > 0) asks_.push_back({nodes_.coordinator, 0});
}

// An ack outlives a later failure: the write is on that disk.
void WriteQuorum::add(std::size_t node, Answer answer) {
  if (STATOR_SEEDED_BUG(failure_counted_as_ack)) answer = Answer::ack;
  for (Ask& ask : asks_) {
    if (ask.node == node && ask.answer != Answer::ack) ask.answer = answer;
  }
}

bool WriteQuorum::has(std::size_t place, Answer answer) const {
  return std::any_of(asks_.begin(), asks_.end(),
                     [&](const Ask& ask) { return ask.place == place && ask.answer == answer; });
}

std::size_t WriteQuorum::acked() const {
  std::size_t count = 0;
  for (std::size_t place = 0; place < nodes_.primaries.size(); ++place) count += has(place, Answer::ack) ? 1 : 0;
  return count;
}

bool WriteQuorum::lacks_room_alone() const {
  std::size_t possible = 0;
  bool any_full = false;
  for (std::size_t place = 0; place < nodes_.primaries.size(); ++place) {
    const bool full = has(place, Answer::full) && !has(place, Answer::ack);
    any_full = any_full || full;
    possible += full || has(place, Answer::ack) || has(place, Answer::none) ? 1 : 0;
  }
  return any_full && possible >= required_;
}

bool WriteQuorum::complete() const {
  return std::none_of(asks_.begin(), asks_.end(), [](const Ask& ask) { return ask.answer == Answer::none; });
}

Decision WriteQuorum::decision() const {
  std::size_t acked = 0;
  std::size_t open = 0;
  for (std::size_t place = 0; place < nodes_.primaries.size(); ++place) {
    if (has(place, Answer::ack)) {
      ++acked;
    } else if (has(place, Answer::none)) {
      ++open;
    }
  }
  if (acked >= required_) return Decision::reached;
  const std::size_t lost = nodes_.primaries.size() - acked - open;
  return acked + open + std::min(lost, nodes_.standbys.size()) < required_ ? Decision::impossible : Decision::pending;
}

bool WriteQuorum::wants_standby(std::size_t place) const {
  if (has(place, Answer::ack)) return false;
  for (const Ask& ask : asks_) {
    const bool primary = ask.node == nodes_.primaries[place];
    if (ask.place != place || ask.answer != Answer::none) continue;
    // One that stands in already is waited for; a primary is not when it seems down, or time is short.
    if (!primary || !(late_ || contains(nodes_.down, ask.node)) || ask.node == nodes_.coordinator) return false;
  }
  return true;
}

void WriteQuorum::stand_in(std::size_t place) {
  asks_.push_back({nodes_.standbys.front(), place});
  const auto asked =
      std::count_if(asks_.begin(), asks_.end(), [this](const Ask& ask) { return ask.node == nodes_.standbys.front(); });
  if (STATOR_SEEDED_BUG(one_fallback_for_two_primaries) && asked < 2) return;
  nodes_.standbys.erase(nodes_.standbys.begin());
}

std::vector<WriteAction> WriteQuorum::next_actions() {
  for (std::size_t place = 0; place < nodes_.primaries.size(); ++place) {
    if (!nodes_.standbys.empty() && decision() == Decision::pending && wants_standby(place)) stand_in(place);
  }
  std::vector<WriteAction> actions;
  for (Ask& ask : asks_) {
    if (std::exchange(ask.sent, true) || ask.node == nodes_.coordinator) continue;
    actions.push_back({ask.node, nodes_.primaries[ask.place]});
  }
  return actions;
}

std::vector<std::size_t> WriteQuorum::missing() const {
  std::vector<std::size_t> nodes;
  for (std::size_t place = 0; place < nodes_.primaries.size(); ++place) {
    const std::size_t node = nodes_.primaries[place];
    if (node != nodes_.coordinator && !has(place, Answer::ack)) nodes.push_back(node);
  }
  return nodes;
}

}  // namespace stator
