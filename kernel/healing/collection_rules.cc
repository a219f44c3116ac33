#include "kernel/healing/collection_rules.h"

#include <algorithm>

namespace stator {

std::uint64_t dead_since_ms(const Version& version) {
  if (version.tombstone) return version.stamp.millis();
  return version.expires ? version.expires->millis() : UINT64_MAX;
}

std::uint64_t dead_since_ms(const Record& record) {
  std::uint64_t since = 0;
  for (const Version& version : record.versions) since = std::max(since, dead_since_ms(version));
  return since;
}

CollectBlock check_age(std::uint64_t dead_since_ms, std::chrono::milliseconds grace, Stamp now) {
  if (dead_since_ms > now.millis()) return CollectBlock::live;
  return now.millis() - dead_since_ms > static_cast<std::uint64_t>(grace.count()) ? CollectBlock::none
                                                                                  : CollectBlock::young;
}

CollectBlock check_age(const Record& record, std::chrono::milliseconds grace, Stamp now) {
  return check_age(dead_since_ms(record), grace, now);
}

}  // namespace stator
