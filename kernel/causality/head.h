#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "kernel/causality/copy.h"
#include "stator/bytes.h"
#include "stator/status.h"

namespace stator {

/// From so many versions on a primary's copy is stored as a head and one row for each version, so that a change costs
/// what it changes and not what is there. Replicas compare digests, which depend on it: it is part of the formats.
inline constexpr std::size_t kRowsFrom = 64;

/// All of a large copy but its versions, and what is known of those together. A value.
struct Head {
  Copy rest;                ///< mark, context and ops; no versions
  std::uint64_t count = 0;  ///< of versions
  std::uint64_t cost = 0;   ///< of their values and kVersionCost each
  std::uint64_t sum = 0;    ///< of their digests, modulo 2^64
  Stamp newest;             ///< of theirs, or of one that they have replaced
  Stamp expires;            ///< none of them expires earlier; zero: none ever does

  bool operator==(const Head&) const = default;
  /// A version comes, which is not there, or goes, which is. The context is not changed by either.
  void add(const Version& version);
  void remove(const Version& version);
  /// Whether one of them may have expired by then.
  bool may_have_expired(Stamp now) const { return expires.bits != 0 && expires.millis() <= now.millis(); }
  /// record_digest() of the whole record; only if that has at least kRowsFrom versions.
  std::uint64_t digest() const;
};

/// `expires` and `newest` are exact.
Head head_of(const Copy& copy);

/// head := format:octet(=3) copy:counted count:varint cost:varint sum:word newest:word expires:word
/// A stored copy begins with 0 or 1, a reference of a hint with 2.
Bytes encode_head(const Head& head);
/// data_loss for any bytes that encode_head does not give.
Result<Head> decode_head(BytesView bytes);
inline bool is_head(BytesView stored) { return !stored.empty() && stored.front() == '\3'; }

/// Where the row of a version stands among those of its key: removals first, then by the field of the item that the
/// value is, or by no field if it is none.
///   place := '\0' | '\1' field:escaped '\0' '\0'            escaped: each '\0' is followed by '\377'
Bytes row_place(const Version& version);
Bytes removal_place();
Bytes field_place(BytesView field);
/// Without its end: the places of all fields that begin so begin with it.
Bytes field_places(BytesView prefix);

/// The items of a data type are the versions of its record, each with its dot and stamp, so that the merge of records
/// is the join of items. A version's value is one:
///   item := field:counted value
Bytes encode_item(BytesView field, BytesView value);
/// Empty if the value is no item.
BytesView item_field(BytesView value);

}  // namespace stator
