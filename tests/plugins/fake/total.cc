// A resolver with a total order.

#include "stator/plugin.h"
#include "stator/resolver.h"

namespace fake {

struct Total final : stator::Resolver {
  stator::Resolution resolve(stator::BytesView, std::span<const stator::Version>) const override {
    stator::Resolution resolution;
    resolution.winner = 0;
    return resolution;
  }
};

}  // namespace fake

STATOR_PLUGIN(stator::Resolver, fake::Total, .name = "total", .version = "1.0.0",
              .capabilities = "total-order,deterministic");
