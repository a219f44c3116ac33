#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernel/causality/delta.h"
#include "kernel/causality/record.h"
#include "stator/bytes.h"
#include "stator/status.h"

namespace stator {

/// Kept beside a record by this replica alone, never shipped: under which epoch this node may go on counting for the
/// key. Valid only while `incarnation` is the store's: a start after an unclean stop, or a restore, changes that one
/// and so withdraws every mark at once.
struct Mark {
  Stamp epoch;
  Stamp incarnation;
  bool operator==(const Mark&) const = default;
};

/// One replica's copy of a key. A value.
struct Copy {
  Record record;
  std::optional<Mark> mark;
  bool operator==(const Copy&) const = default;
};

/// stored := mark:octet(0|1) (epoch:word incarnation:word)? record
Bytes encode_copy(const Copy& copy);
Result<Copy> decode_copy(BytesView bytes);
/// The record's bytes within an encoded copy; lives as long as they do. Empty if they are too short to be a copy.
BytesView record_bytes(BytesView encoded_copy);

/// Who signs: this node, the incarnation of its store, a stamp that is newer than all it gave before, and the epoch
/// under which it begins to count where it has no valid mark.
struct Signer {
  std::string node;
  Stamp incarnation;
  Stamp stamp;
  Stamp epoch;
};

/// What an operation makes of the versions that are there.
struct VersionChange {
  std::vector<Dot> replaced;
  std::vector<Bytes> added;  ///< values; each gets a dot of its own, the next ones of the actor, in this order
};

/// The versions of a large copy, each read when it is asked for. What was given lives as long as this and does not
/// move. [serial]
class VersionRows {
 public:
  virtual ~VersionRows() = default;
  /// Those whose item has exactly that field; ascending by dot. Removals are never among them.
  virtual std::span<const Version> at(BytesView field) = 0;
  /// Those whose field begins so; ascending by field, then dot.
  virtual std::span<const Version> beneath(BytesView prefix) = 0;
  virtual std::span<const Version> removals() = 0;
  /// The one of that dot, if it was given; null if not.
  virtual const Version* given(const Dot& dot) const = 0;
  /// What has failed so far: then what was given may not be all.
  virtual const Status& status() const = 0;
};

/// The versions that an operation finds: no removals, and nothing that has expired.
struct VersionsThere {
  std::span<const Version> all;  ///< ascending by dot; of a large copy none of them
  VersionRows* rows = nullptr;   ///< a large copy's
};

/// An operation: told the versions that are there, what its client has observed of them (absent: all) and who signs.
/// Pure, and may be done more than once. [concurrent]
using Operate = std::function<Result<VersionChange>(const VersionsThere& there, const std::optional<Context>& observed,
                                                    const Actor& signer)>;

/// What a client wants done to a key.
struct WriteIntent {
  bool remove = false;
  Operate operation;          ///< null: `value` replaces what was observed
  std::size_t max_bytes = 0;  ///< that an operation may leave there, kVersionCost included
  Bytes value;
  std::string content_type;
  std::optional<Context> observed;  ///< absent: a blind write, which replaces what this replica knows
  bool create_only = false;
  bool if_match = false;  ///< with `observed` absent: any live version matches
  std::optional<OpId> op_id;
  std::optional<Stamp> expires;
  std::size_t max_siblings = 100;
  /// The local copy may be an old one: the write builds on what its client saw alone, and nothing else of the copy is
  /// shipped with it.
  bool apart = false;

  /// Whether it is sure to bring a value; of an operation that is known when it has been done.
  bool brings_value() const { return !remove && operation == nullptr; }
};

struct WriteEffect {
  Copy copy;              ///< what to store and ship, whole
  Dot dot;                ///< of this write, its last, or of the one that the retry repeats
  bool repeated = false;  ///< the op id was here already: `copy` is as it was
  bool brings_value = false;
  /// What may be shipped instead to who holds the copy's base; of an operation on a key that held something.
  std::optional<Delta> delta;
};

/// What a version is counted as beside its value, where an operation's bound is reckoned.
inline constexpr std::size_t kVersionCost = 32;

/// A write at the coordinating replica. failed_precondition or conflict when the intent does not allow it; what the
/// operation says; too_large when it leaves more than it may, unless that is less than before.
/// No dot is ever given twice: see the rules of signing in docs/causality.md.
///
/// An operation must find here all that its client has observed: what is not here it cannot replace.
Result<WriteEffect> apply_write(Copy local, WriteIntent intent, const Signer& signer);

/// From which the writer of `dot` may write on: all that the record covers but its other versions, which that writer
/// has not read and must not replace unseen. Where one of those has an earlier dot of the same actor, its own write is
/// left out too, since a context cannot cover the one without the other: writing on then makes a sibling, and loses
/// none.
Context context_after_write(const Record& record, const Dot& dot);

/// A record that arrives from elsewhere, merged into the local copy. Drops the mark when the arrival proves that this
/// node has forgotten something it signed. `report`, if given, is overwritten.
Copy absorb(Copy local, Record arrived, const std::string& node, MergeReport* report = nullptr);
/// The same of a delta, of which the copy has the base.
Copy absorb(Copy local, Delta arrived, const std::string& node, MergeReport* report = nullptr);

}  // namespace stator
