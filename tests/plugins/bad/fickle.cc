// Picks whichever comes first.

#include "stator/plugin.h"
#include "stator/resolver.h"

namespace bad {

struct Fickle final : stator::Resolver {
  stator::Resolution resolve(stator::BytesView, std::span<const stator::Version>) const override {
    stator::Resolution resolution;
    resolution.winner = 0;
    resolution.resolved_by = "fickle";
    return resolution;
  }
};

}  // namespace bad

STATOR_PLUGIN(stator::Resolver, bad::Fickle, .name = "fickle", .version = "1.0.0");
