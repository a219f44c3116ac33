#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kernel/causality/record.h"

namespace stator::model {

/// A write's number in the order of issue; its value in the store is this number as text.
using WriteId = std::size_t;

/// Writes that somebody has really seen: what they were shown, and what those writes had seen in turn.
using Observed = std::set<WriteId>;

/// Knows, without looking at a single context, which write has seen which, and judges what the replicas make of it. It
/// collects the first violation and is quiet from then on. [serial]
class Oracle {
 public:
  explicit Oracle(std::size_t acks_needed) : acks_needed_(acks_needed) {}

  WriteId begin_write(Observed observed);
  /// A write that was refused never was.
  void forget_last();
  /// The write was signed; `before` and `after` are the coordinator's versions.
  void signed_with(WriteId write, const Dot& dot, const Record& before, const Record& after);
  void acknowledge(WriteId write, std::size_t replica);

  /// Everything a reader of that record has seen.
  Observed seen_in(const Record& record) const;
  /// Whether the record has, or has seen, every acknowledged write.
  bool holds_all_acknowledged(const Record& record) const;
  /// The record that every replica holds in the end.
  void check_healed(const Record& record);

  void violated(std::string what);
  const std::optional<std::string>& violation() const { return violation_; }
  const std::vector<Dot>& dots() const { return dots_; }

 private:
  struct Write {
    Observed observed;
    std::set<std::size_t> acks;
  };

  std::size_t acks_needed_;
  std::vector<Write> writes_;
  std::vector<Dot> dots_;
  std::set<Dot> minted_;
  std::optional<std::string> violation_;
};

/// The versions of a record as write ids.
std::vector<WriteId> writes_in(const Record& record);

}  // namespace stator::model
