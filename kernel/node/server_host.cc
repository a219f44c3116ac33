#include "kernel/node/server_host.h"

#include <chrono>

namespace stator {
namespace {

std::uint64_t wall_now_millis() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
}

}  // namespace

TimePoint ServerHost::now() const { return std::chrono::steady_clock::now(); }

Stamp ServerHost::stamp() {
  if (Stamps* stamps = stamps_.load()) {
    if (std::optional<Stamp> stamp = stamps->next()) return *stamp;
  }
  return Stamp::from_millis(wall_now_millis());
}

std::uint64_t ServerHost::random() {
  thread_local std::mt19937_64 generator(std::random_device{}());
  return generator();
}

void* ServerHost::extension(std::string_view id) {
  if (id == Loops::kExtensionId) return static_cast<Loops*>(&loops_);
  if (id == Background::kExtensionId) return static_cast<Background*>(&parts_.background);
  if (id == PluginMetrics::kExtensionId) return static_cast<PluginMetrics*>(&parts_.metrics);
  if (id == MendingOffers::kExtensionId) return static_cast<MendingOffers*>(this);
  if (id == ScrubbingOffers::kExtensionId) return static_cast<ScrubbingOffers*>(this);
  return nullptr;
}

TimePoint LoopExecutor::now() const { return std::chrono::steady_clock::now(); }

std::uint64_t LoopExecutor::wall_millis() const { return wall_now_millis(); }

}  // namespace stator
