#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kernel/causality/record.h"
#include "kernel/node/explain_page.h"

namespace stator {

/// Whether one of the four rules by which a tombstone may be collected holds, as far as one look from one node tells.
struct TombstoneRule {
  int number = 0;  ///< as docs/causality.md counts them
  bool holds = false;
  std::string why;
};

/// The moment from which the key is gone: when its last version was removed or expired. Absent while a version lives,
/// and for a key that nobody holds.
std::optional<std::uint64_t> gone_since_millis(const Record& merged, std::uint64_t wall_millis);

/// The rules for a key that is gone since then. Pure.
std::vector<TombstoneRule> tombstone_rules(const ExplainedKey& key, std::uint64_t gone_since_millis);

}  // namespace stator
