#include "kernel/healing/authority.h"

namespace stator {

Authority::Authority(std::size_t partitions) : regained_(partitions), lost_at_(partitions), equals_(partitions) {
  for (std::atomic<bool>& regained : regained_) regained.store(true);
  for (std::atomic<std::int64_t>& lost : lost_at_) lost.store(TimePoint::min().time_since_epoch().count());
}

void Authority::add(const std::vector<Partition>& partitions) {
  for (Partition partition : partitions) {
    if (regained_[partition].exchange(false)) ++missing_;
  }
}

void Authority::doubt(const std::vector<Partition>& held) {
  std::lock_guard lock(mutex_);
  if (held.empty() || wholly_.exchange(true)) return;
  add(held);
}

void Authority::lose(const std::vector<Partition>& partitions, TimePoint now) {
  std::lock_guard lock(mutex_);
  for (Partition partition : partitions) lost_at_[partition].store(now.time_since_epoch().count());
  add(partitions);
}

bool Authority::verify(Partition partition, const std::string& peer, std::size_t enough, TimePoint asked) {
  if (regained_[partition].load()) return false;
  const std::int64_t loss = lost_at_[partition].load();
  if (asked.time_since_epoch().count() <= loss) return false;
  Equals& equals = equals_[partition];
  if (equals.loss != loss) equals = {loss, {}};
  if (std::find(equals.peers.begin(), equals.peers.end(), peer) == equals.peers.end()) equals.peers.push_back(peer);
  if (equals.peers.size() < enough) return false;
  std::lock_guard lock(mutex_);
  if (lost_at_[partition].load() != loss) return false;
  equals.peers.clear();
  regained_[partition].store(true);
  if (--missing_ > 0) return false;
  wholly_.store(false);
  return true;
}

}  // namespace stator
