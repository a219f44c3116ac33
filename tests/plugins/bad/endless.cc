// Does not return.

#include "stator/plugin.h"
#include "stator/resolver.h"

namespace bad {

struct Endless final : stator::Resolver {
  stator::Resolution resolve(stator::BytesView, std::span<const stator::Version> siblings) const override {
    for (volatile std::size_t at = 0; at < siblings.size();) {  // and nobody counts on
    }
    stator::Resolution resolution;
    resolution.winner = 0;
    resolution.resolved_by = "endless";
    return resolution;
  }
};

}  // namespace bad

STATOR_PLUGIN(stator::Resolver, bad::Endless, .name = "endless", .version = "1.0.0");
