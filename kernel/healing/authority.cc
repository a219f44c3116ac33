#include "kernel/healing/authority.h"

#include <algorithm>

namespace stator {

void Authority::doubt(const std::vector<Partition>& held) {
  if (in_doubt_.load() || held.empty()) return;
  missing_.store(held.size());
  for (std::atomic<bool>& regained : regained_) regained.store(true);
  for (Partition partition : held) regained_[partition].store(false);
  in_doubt_.store(true, std::memory_order_release);
}

bool Authority::verify(Partition partition, const std::string& peer, std::size_t enough) {
  if (speaks_for(partition)) return false;
  std::vector<std::string>& equals = equals_[partition];
  if (std::find(equals.begin(), equals.end(), peer) == equals.end()) equals.push_back(peer);
  if (equals.size() < enough) return false;
  equals.clear();
  regained_[partition].store(true);
  if (missing_.fetch_sub(1) > 1) return false;
  in_doubt_.store(false);
  return true;
}

}  // namespace stator
