#include "tests/causality/history_oracle.h"

#include <algorithm>
#include <utility>

namespace stator::model {

OpId op_of(WriteId id) {
  OpId op{};
  for (std::size_t i = 0; i < sizeof(id); ++i) op[i] = static_cast<std::uint8_t>(id >> (8 * i));
  return op;
}

WriteId write_of(const OpId& op) {
  WriteId id = 0;
  for (std::size_t i = 0; i < sizeof(id); ++i) id |= static_cast<WriteId>(op[i]) << (8 * i);
  return id;
}

std::vector<WriteId> writes_in(const std::vector<Version>& versions) {
  std::vector<WriteId> ids;
  ids.reserve(versions.size());
  for (const Version& version : versions) ids.push_back(write_of(*version.op_id));
  return ids;
}

WriteId Oracle::begin_write(Observed observed) {
  writes_.push_back({std::move(observed), {}});
  return writes_.size() - 1;
}

WriteId Oracle::begin_removal(Observed observed) {
  const WriteId id = begin_write(std::move(observed));
  writes_[id].removal = true;
  return id;
}

void Oracle::violated(std::string what) {
  if (!violation_) violation_ = std::move(what);
}

void Oracle::signed_with(WriteId write, const Dot& dot, const Record& before, const Record& after) {
  if (!minted_.insert(dot).second) violated("write " + std::to_string(write) + " got a dot that was minted before");
  dots_.push_back(dot);
  const std::vector<WriteId> left = writes_in(after.versions);
  const auto is_left = [&left](WriteId id) { return std::find(left.begin(), left.end(), id) != left.end(); };
  if (!is_left(write)) violated("a write is not in the record it made");
  for (WriteId id : writes_in(before.versions)) {
    const Observed& observed = writes_[write].observed;
    if (observed.surely.contains(id) && is_left(id))
      violated("a write left standing " + std::to_string(id) + ", which its client had seen");
    if (!observed.contains(id) && !is_left(id))
      violated("a write removed " + std::to_string(id) + ", which its client had not seen");
  }
}

void Oracle::acknowledge(WriteId write, std::size_t replica) { writes_[write].acks.insert(replica); }

Observed Oracle::seen_in(const std::vector<Version>& versions) const {
  Observed seen;
  for (WriteId id : writes_in(versions)) {
    seen.surely.insert(id);
    seen.add(writes_[id].observed);
  }
  return seen;
}

bool Oracle::holds_all_acknowledged(const Record& record) const {
  const Observed seen = seen_in(record.versions);
  for (WriteId id = 0; id < writes_.size(); ++id) {
    if (writes_[id].acks.size() >= acks_needed_ && !seen.contains(id)) return false;
  }
  return true;
}

void Oracle::check_healed(const Record& record) {
  const Observed seen = seen_in(record.versions);
  const std::vector<WriteId> held = writes_in(record.versions);
  for (WriteId id = 0; id < writes_.size(); ++id) {
    if (writes_[id].acks.size() >= acks_needed_ && !seen.contains(id)) {
      violated("acknowledged write " + std::to_string(id) + " is neither there nor replaced by one that saw it");
    }
  }
  for (WriteId newer : held) {
    for (WriteId older : held) {
      if (writes_[newer].observed.surely.contains(older))
        violated("write " + std::to_string(older) + " came back after it was replaced");
    }
  }
}

// A tombstone leaves no trace when it goes, so what a removal had seen may be missing; but nothing may be there that an
// acknowledged write had seen, whatever became of that one.
void Oracle::check_collected(const Record& record) {
  Observed accounted = seen_in(record.versions);
  for (WriteId id = 0; id < writes_.size(); ++id) {
    if (!writes_[id].removal) continue;
    accounted.surely.insert(id);
    accounted.add(writes_[id].observed);
  }
  const std::vector<WriteId> held = writes_in(record.versions);
  for (WriteId id = 0; id < writes_.size(); ++id) {
    if (!acknowledged(id)) continue;
    if (!accounted.contains(id))
      violated("acknowledged write " + std::to_string(id) + " is neither there nor replaced by one that saw it");
    for (WriteId older : held) {
      if (writes_[id].observed.surely.contains(older))
        violated("write " + std::to_string(older) + " came back after it was replaced");
    }
  }
  for (const Version& version : record.versions) {
    if (version.tombstone && !record.live()) violated("a tombstone was never collected");
  }
}

}  // namespace stator::model
