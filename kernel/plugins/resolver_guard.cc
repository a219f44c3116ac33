#include "kernel/plugins/resolver_guard.h"

#include <algorithm>
#include <tuple>

namespace stator {

Result<Resolution> ResolverGuard::try_resolve(BytesView key, std::span<const Version> siblings) const {
  return guarded(faults_, "resolve", [&]() -> Result<Resolution> {
    Resolution resolution = resolver_->resolve(key, siblings);
    if (resolution.winner && *resolution.winner >= siblings.size()) {
      return faults_.record("resolve", "its winner is not one of the siblings");
    }
    if (total_order_ && !resolution.winner)
      return faults_.record("resolve", "it claims a total order and named no winner");
    return resolution;
  });
}

Resolution ResolverGuard::resolve(BytesView key, std::span<const Version> siblings) const {
  Result<Resolution> resolution = try_resolve(key, siblings);
  return resolution.is_ok() ? std::move(*resolution) : fault_resolution(siblings);
}

Resolution fault_resolution(std::span<const Version> siblings) {
  Resolution shown;
  shown.resolved_by = "fault";
  auto newest = std::max_element(siblings.begin(), siblings.end(), [](const Version& a, const Version& b) {
    return std::tie(a.stamp, a.dot) < std::tie(b.stamp, b.dot);
  });
  if (newest == siblings.end()) return shown;
  shown.winner = static_cast<std::size_t>(newest - siblings.begin());
  shown.tombstone = newest->tombstone;
  return shown;
}

}  // namespace stator
