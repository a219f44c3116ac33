#include "kernel/node/offline_host.h"

#include <chrono>
#include <random>

namespace stator {

TimePoint OfflineHost::now() const { return std::chrono::steady_clock::now(); }

Stamp OfflineHost::stamp() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return Stamp::from_millis(
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count()));
}

std::uint64_t OfflineHost::random() {
  thread_local std::mt19937_64 generator(std::random_device{}());
  return generator();
}

void* OfflineHost::extension(std::string_view id) {
  if (id == Background::kExtensionId) return static_cast<Background*>(&background_);
  return id == SalvageOffers::kExtensionId ? offers_ : nullptr;
}

}  // namespace stator
