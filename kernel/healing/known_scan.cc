#include "kernel/healing/known_scan.h"

#include <map>

#include "kernel/replica/rows.h"
#include "kernel/seeded_bugs.h"

namespace stator {

Result<std::optional<Bytes>> scan_known(const Replica& replica, const CopyRange& range, BytesView from,
                                        const SliceLimit& limit, const std::function<void(const KnownCopy&)>& visit) {
  std::map<Bytes, std::uint64_t, std::less<>> in_flight;
  if (!STATOR_SEEDED_BUG(rebuild_ignores_pending)) in_flight = replica.in_flight(range);
  Result<std::optional<Bytes>> next = scan_slice(range, from, limit, [&](BytesView key, BytesView copy) {
    if (!in_flight.contains(key)) visit({key, stored_digest(copy), copy});
  });
  if (!next.is_ok()) return next;
  for (const auto& [key, before] : in_flight) {
    if (key >= from && (!*next || key < **next)) visit({key, before, {}});
  }
  return next;
}

}  // namespace stator
