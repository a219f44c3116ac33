#include "kernel/healing/collection_rules.h"

#include <algorithm>

namespace stator {

std::uint64_t dead_since_ms(const Record& record) {
  std::uint64_t since = 0;
  for (const Version& version : record.versions) {
    if (!version.tombstone && !version.expires) return UINT64_MAX;
    since = std::max(since, version.tombstone ? version.stamp.millis() : version.expires->millis());
  }
  return since;
}

CollectBlock check_age(const Record& record, std::chrono::milliseconds grace, Stamp now) {
  const std::uint64_t since = dead_since_ms(record);
  if (since > now.millis()) return CollectBlock::live;
  return now.millis() - since > static_cast<std::uint64_t>(grace.count()) ? CollectBlock::none : CollectBlock::young;
}

}  // namespace stator
