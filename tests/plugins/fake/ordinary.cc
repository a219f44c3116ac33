// A resolver that says nothing of itself.

#include "stator/plugin.h"
#include "stator/resolver.h"

namespace fake {

struct Ordinary final : stator::Resolver {
  stator::Resolution resolve(stator::BytesView, std::span<const stator::Version>) const override {
    stator::Resolution resolution;
    resolution.value = "ordinary";
    return resolution;
  }
};

}  // namespace fake

STATOR_PLUGIN(stator::Resolver, fake::Ordinary, .name = "ordinary", .version = "1.2.3",
              .capabilities = " deterministic");
