#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kernel/causality/record.h"

namespace stator::model {

/// A write's number in the order of issue. It travels as the write's op id, so that values and tombstones alike tell
/// it.
using WriteId = std::size_t;

OpId op_of(WriteId id);
WriteId write_of(const OpId& op);

/// Writes that somebody has really seen: what they were shown, and what those writes had seen in turn.
struct Observed {
  std::set<WriteId> surely;
  /// Their own writes, on which they wrote on without reading: those may be replaced, or stay beside what follows.
  std::set<WriteId> perhaps;

  bool contains(WriteId id) const { return surely.contains(id) || perhaps.contains(id); }
  void add(const Observed& other) {
    surely.insert(other.surely.begin(), other.surely.end());
    perhaps.insert(other.perhaps.begin(), other.perhaps.end());
  }
};

/// Knows, without looking at a single context, which write has seen which, and judges what the replicas make of it. It
/// collects the first violation and is quiet from then on. [serial]
class Oracle {
 public:
  explicit Oracle(std::size_t acks_needed) : acks_needed_(acks_needed) {}

  WriteId begin_write(Observed observed);
  /// The same for a removal. Where removals are collected it, and what it has seen, may be gone without a trace.
  WriteId begin_removal(Observed observed);
  /// The write was signed; `before` and `after` are the coordinator's versions.
  void signed_with(WriteId write, const Dot& dot, const Record& before, const Record& after);
  /// On as many distinct replicas as are needed it counts as acknowledged; say 1 where somebody else counts them.
  void acknowledge(WriteId write, std::size_t replica);

  /// Everything a reader of those versions has seen.
  Observed seen_in(const std::vector<Version>& versions) const;
  /// Whether the record has, or has seen, every acknowledged write.
  bool holds_all_acknowledged(const Record& record) const;
  /// The record that every replica holds in the end.
  void check_healed(const Record& record);
  /// The same where tombstones are collected.
  void check_collected(const Record& record);

  void violated(std::string what);
  const std::optional<std::string>& violation() const { return violation_; }
  const std::vector<Dot>& dots() const { return dots_; }

 private:
  struct Write {
    Observed observed;
    std::set<std::size_t> acks;
    bool removal = false;
  };
  bool acknowledged(WriteId id) const { return writes_[id].acks.size() >= acks_needed_; }

  std::size_t acks_needed_;
  std::vector<Write> writes_;
  std::vector<Dot> dots_;
  std::set<Dot> minted_;
  std::optional<std::string> violation_;
};

std::vector<WriteId> writes_in(const std::vector<Version>& versions);

}  // namespace stator::model
