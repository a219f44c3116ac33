// Makes a value that no client could write.

#include "stator/plugin.h"
#include "stator/resolver.h"

namespace bad {

struct Oversized final : stator::Resolver {
  stator::Resolution resolve(stator::BytesView, std::span<const stator::Version>) const override {
    stator::Resolution resolution;
    resolution.value = stator::Bytes(2 << 20, 'x');
    resolution.resolved_by = "oversized";
    return resolution;
  }
};

}  // namespace bad

STATOR_PLUGIN(stator::Resolver, bad::Oversized, .name = "oversized", .version = "1.0.0");
