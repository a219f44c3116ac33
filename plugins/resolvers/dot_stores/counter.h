#pragma once

#include <span>

#include "dot_stores/arguments.h"
#include "dot_stores/draft.h"

// A counter: each actor has one item, whose value is the sum of all that this actor has counted, in decimal; the
// counter is the sum of these. An actor's increments are in one line, so the newest total holds them all, and no pair
// of growing sums is needed as where copies are joined by the greater number. [concurrent]

namespace stator::dot_stores {

/// increment and decrement. failed_precondition if the counter, or the signer's part of it, would leave 64 bits.
Status update_counter(Draft& draft, BytesView field, const Json& call);

/// A JSON number: the exact sum, also where increments made at once have brought it beyond 64 bits. `items` are all of
/// the counter. data_loss if one of them is no number.
Result<Bytes> read_counter(std::span<const Item> items);

}  // namespace stator::dot_stores
