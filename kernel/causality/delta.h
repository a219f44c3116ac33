#pragma once

#include <vector>

#include "kernel/causality/record.h"
#include "stator/bytes.h"
#include "stator/status.h"

namespace stator {

/// What one operation of a data type changed of a key: the versions it added and those it replaced. Its causal context
/// is a cloud of exactly these dots, and says of no other that it was seen; so it can be joined only where they leave
/// no gap. A value. (Almeida, Shoker, Baquero: "Delta state replicated data types", 2018; the causal context there is
/// this cloud, a replica's is a version vector.)
///
/// Invariants: the added versions are of one actor, with counters that follow each other, and there is one at least.
/// The replaced dots ascend; those of the same actor come before the added ones.
struct Delta {
  /// A version that goes, and where its row stands, if it has one (row_place(), head.h).
  struct Replaced {
    Dot dot;
    Bytes place;
    auto operator<=>(const Replaced&) const = default;
  };
  /// The added versions and the op id. Its context is the cloud's outline: each actor of a dot here, with the highest.
  Record change;
  std::vector<Replaced> replaced;

  bool operator==(const Delta&) const = default;
};

/// The delta that adds these versions and replaces those; its outline is worked out. Keeps the invariants if they do.
Delta make_delta(std::vector<Version> added, const std::vector<Version>& replaced, std::vector<OpResult> ops);

/// Whether the record holds what the delta builds on: all that it replaces was seen, and the actor's writes up to the
/// first that it adds. Never if there are no versions: then the key is new here, or was collected.
bool has_base(const Record& here, const Delta& delta);
/// The same of a record that has versions.
bool has_base(const Context& here, const Delta& delta);

/// The causal join of a record that has the base, and so one that has seen nothing more than both. Idempotent, and
/// commutes with merge. `report`, if given, is overwritten.
Record join(Record here, Delta delta, MergeReport* report = nullptr);

/// Canonical, as a record's encoding is.
Bytes encode_delta(const Delta& delta);
/// invalid_argument for any bytes that encode_delta does not give.
Result<Delta> decode_delta(BytesView bytes);

}  // namespace stator
