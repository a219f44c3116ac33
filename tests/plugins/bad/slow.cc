// Takes its time, and keeps its thread busy with it.

#include <chrono>

#include "stator/plugin.h"
#include "stator/resolver.h"

namespace bad {

struct Slow final : stator::Resolver {
  stator::Resolution resolve(stator::BytesView, std::span<const stator::Version> siblings) const override {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(60);
    while (std::chrono::steady_clock::now() < end) {
    }
    stator::Resolution resolution;
    resolution.value = stator::Bytes(siblings.size(), 'x');
    resolution.content_type = "text/plain";
    resolution.resolved_by = "slow";
    return resolution;
  }
};

}  // namespace bad

STATOR_PLUGIN(stator::Resolver, bad::Slow, .name = "slow", .version = "1.0.0");
