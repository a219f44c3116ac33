// Names a winner that is not there.

#include "stator/plugin.h"
#include "stator/resolver.h"

namespace bad {

struct OutOfRange final : stator::Resolver {
  stator::Resolution resolve(stator::BytesView, std::span<const stator::Version> siblings) const override {
    stator::Resolution resolution;
    resolution.winner = siblings.size();
    resolution.resolved_by = "out_of_range";
    return resolution;
  }
};

}  // namespace bad

STATOR_PLUGIN(stator::Resolver, bad::OutOfRange, .name = "out_of_range", .version = "1.0.0");
