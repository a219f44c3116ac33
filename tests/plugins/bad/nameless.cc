// Does not say what it resolved by.

#include "stator/plugin.h"
#include "stator/resolver.h"

namespace bad {

struct Nameless final : stator::Resolver {
  stator::Resolution resolve(stator::BytesView, std::span<const stator::Version>) const override {
    stator::Resolution resolution;
    resolution.winner = 0;
    return resolution;
  }
};

}  // namespace bad

STATOR_PLUGIN(stator::Resolver, bad::Nameless, .name = "nameless", .version = "1.0.0");
