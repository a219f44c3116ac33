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

std::string why_kept(const Record& record, std::chrono::milliseconds grace, Stamp now, CollectBlock last) {
  const std::uint64_t since = dead_since_ms(record);
  if (since == UINT64_MAX) return "it holds a value";
  if (since > now.millis()) return "its value expires in " + std::to_string(since - now.millis()) + " ms";
  const std::uint64_t due = since + static_cast<std::uint64_t>(grace.count());
  if (check_age(record, grace, now) == CollectBlock::young)
    return "its grace ends in " + std::to_string(due - now.millis()) + " ms";
  if (last == CollectBlock::none) return "its grace is over, it goes with the next round";
  return std::string("its grace is over, the last round left it: ") + name_of(last);
}

}  // namespace stator
