#pragma once

#include <cstddef>
#include <vector>

#include "stator/version.h"

namespace stator {

/// What one op id did: the dot its write produced. Kept so that a retry is recognised after its version was replaced.
struct OpResult {
  OpId op;
  Stamp stamp;
  Dot dot;
  auto operator<=>(const OpResult&) const = default;
};

/// What is stored under a key and shipped between replicas: everything ever seen, and what of it is not yet replaced. A
/// value.
///
/// Invariants: versions ascend by dot, and the context covers each; ops ascend by op id, one entry each, at most
/// kMaxOps.
struct Record {
  static constexpr std::size_t kMaxOps = 32;

  Context context;
  std::vector<Version> versions;
  std::vector<OpResult> ops;

  bool operator==(const Record&) const = default;
  /// Whether any version is a value and not a tombstone.
  bool live() const;
  /// The version of that dot; null if it is not here. Lives as long as the record is not changed.
  const Version* find(const Dot& dot) const;
};

struct MergeReport {
  std::size_t dropped = 0;  ///< versions one side held and the other had seen replaced
  bool corrupt = false;     ///< one dot with two contents: somebody's bytes are damaged
};

/// The one way in which two copies become one: replication, repair, hints, anti-entropy, restore and replay are all
/// this. Commutative, associative, idempotent. `report`, if given, is overwritten. (Almeida, Baquero, Gonçalves,
/// Preguiça, Fonte: "Scalable and Accurate Causality Tracking for Eventually Consistent Stores", 2014.)
Record merge(Record a, Record b, MergeReport* report = nullptr);

/// Whether merging `arrived` into `here` may add a value, and not tombstones and what is known alone.
bool brings_value(const Record& here, const Record& arrived);

/// `record` as clients see it: of the versions one op id left (a retry that two coordinators took), only the one with
/// the smallest dot. Merge keeps both: choosing there would depend on the order in which copies meet.
std::vector<Version> visible_versions(const Record& record);

}  // namespace stator
