#include "kernel/healing/authority.h"

#include <algorithm>

namespace stator {

Authority::Authority(std::size_t partitions) : regained_(partitions), lost_at_(partitions), equals_(partitions) {
  for (std::atomic<bool>& regained : regained_) regained.store(true);
  for (std::atomic<std::int64_t>& lost : lost_at_) lost.store(TimePoint::min().time_since_epoch().count());
}

void Authority::add(const std::vector<Partition>& partitions, TimePoint now) {
  for (Partition partition : partitions) {
    lost_at_[partition].store(now.time_since_epoch().count());
    if (regained_[partition].exchange(false)) ++missing_;
  }
}

void Authority::doubt(const std::vector<Partition>& held, TimePoint now) {
  std::lock_guard lock(mutex_);
  if (held.empty()) return;
  wholly_.store(true);
  add(held, now);
}

void Authority::lose(const std::vector<Partition>& partitions, TimePoint now) {
  std::lock_guard lock(mutex_);
  add(partitions, now);
}

bool Authority::Equals::suffice(Wanted wanted) const {
  const auto vouching = std::count_if(peers.begin(), peers.end(), [](const auto& peer) { return peer.second; });
  return static_cast<std::size_t>(vouching) >= wanted.vouching || peers.size() >= wanted.others;
}

bool Authority::verify(Partition partition, const Equality& found, Wanted wanted) {
  if (regained_[partition].load()) return false;
  const std::int64_t loss = lost_at_[partition].load();
  if (found.asked.time_since_epoch().count() <= loss) return false;
  Equals& equals = equals_[partition];
  if (equals.loss != loss) equals = {loss, {}};
  bool& vouched = equals.peers[found.peer];
  vouched = vouched || found.vouches;
  if (!equals.suffice(wanted)) return false;
  std::lock_guard lock(mutex_);
  if (lost_at_[partition].load() != loss) return false;
  equals.peers.clear();
  regained_[partition].store(true);
  if (--missing_ > 0) return false;
  wholly_.store(false);
  return true;
}

}  // namespace stator
