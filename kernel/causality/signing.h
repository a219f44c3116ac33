#pragma once

#include <optional>
#include <string>

#include "kernel/causality/copy.h"

// What writes of values and operations have in common: who signs, and under which dot. [any-thread]

namespace stator {

/// Drops the mark if somebody holds a newer event of ours than we do: we have lost one, and counting on would name two
/// writes alike.
void drop_disproved_mark(Copy& copy, const Context& elsewhere, const std::string& node);

/// Who signs here from now on.
Actor actor_of(Copy& copy, const Signer& signer);

Dot next_dot(const Record& record, Actor actor);

/// An expired version reads as a tombstone, so it counts as one here too.
bool lives(const Version& version, Stamp now);

void note_op(Record& record, const std::optional<OpId>& op, Stamp stamp, const Dot& dot);

/// Null if the record does not know the operation.
const OpResult* find_op(const Record& record, const std::optional<OpId>& op);

inline bool earlier_dot(const Version& a, const Version& b) { return a.dot < b.dot; }

}  // namespace stator
