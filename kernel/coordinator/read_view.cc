#include "kernel/coordinator/read_view.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "kernel/coordinator/items.h"

namespace stator {
namespace {

void expire(Version& version, std::uint64_t now_ms) {
  if (version.tombstone || !version.expires || version.expires->millis() > now_ms) return;
  version.tombstone = true;
  version.value.clear();
  version.content_type.clear();
}

Resolution newest(const std::vector<Version>& siblings) {
  const auto at = std::max_element(siblings.begin(), siblings.end(), [](const Version& a, const Version& b) {
    return std::tie(a.stamp, a.dot) < std::tie(b.stamp, b.dot);
  });
  Resolution resolution;
  resolution.winner = static_cast<std::size_t>(at - siblings.begin());
  resolution.tombstone = at->tombstone;
  return resolution;
}

Resolution resolve(const Keyspace& keyspace, BytesView key, const std::vector<Version>& siblings) {
  if (siblings.size() == 1) return newest(siblings);
  Result<Resolution> resolved = keyspace.resolve(key, siblings);
  if (resolved.is_ok() && (!resolved->winner || *resolved->winner < siblings.size())) {
    if (resolved->winner) resolved->tombstone = siblings[*resolved->winner].tombstone;
    return std::move(*resolved);
  }
  Resolution fallback = newest(siblings);
  fallback.resolved_by = "fault";
  return fallback;
}

Result<GetResult> view_items(const Record& record, const DataType& datatype, std::uint64_t now_ms) {
  GetResult result;
  result.datatype = true;
  result.clock = record.context;
  const Result<Items> items = items_of(record.versions, std::nullopt, now_ms);
  if (!items.is_ok()) return items.status();
  if (items->all().empty()) return result;
  Result<Bytes> shown = datatype.read(*items);
  if (!shown.is_ok()) return shown.status();
  result.found = true;
  result.resolved.value = std::move(*shown);
  result.resolved.content_type = "application/json";
  return result;
}

}  // namespace

Result<GetResult> view_record(const Record* record, const Keyspace& keyspace, BytesView key, std::uint64_t now_ms) {
  GetResult result;
  if (record == nullptr) return result;
  if (keyspace.datatype != nullptr) return view_items(*record, *keyspace.datatype, now_ms);
  result.clock = record->context;
  result.siblings = visible_versions(*record);
  for (Version& version : result.siblings) expire(version, now_ms);
  result.found = std::any_of(result.siblings.begin(), result.siblings.end(),
                             [](const Version& version) { return !version.tombstone; });
  if (!result.found) return result;
  result.resolved = resolve(keyspace, key, result.siblings);
  if (keyspace.rules.collapse && result.siblings.size() > 1 && result.resolved.winner) {
    std::swap(result.siblings.front(), result.siblings[*result.resolved.winner]);
    result.siblings.resize(1);
    result.resolved.winner = 0;
    result.found = !result.resolved.tombstone;
  }
  return result;
}

}  // namespace stator
