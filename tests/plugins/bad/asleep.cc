// Waits for what never comes, one moment after the other.

#include <chrono>
#include <thread>

#include "stator/plugin.h"
#include "stator/resolver.h"

namespace bad {

struct Asleep final : stator::Resolver {
  stator::Resolution resolve(stator::BytesView, std::span<const stator::Version> siblings) const override {
    while (!siblings.empty()) std::this_thread::sleep_for(std::chrono::hours(1));
    return {};
  }
};

}  // namespace bad

STATOR_PLUGIN(stator::Resolver, bad::Asleep, .name = "asleep", .version = "1.0.0");
