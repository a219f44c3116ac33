#include <span>

#include "stator/plugin.h"
#include "stator/resolver.h"

namespace stator {
namespace {

/// Never picks: whoever reads concurrent versions is given all of them, and says what becomes of them.
class ShowsSiblings final : public Resolver {
 public:
  Resolution resolve(BytesView /*key*/, std::span<const Version> /*siblings*/) const override {
    Resolution resolution;
    resolution.unresolved = true;
    resolution.resolved_by = "siblings";
    return resolution;
  }
};

}  // namespace
}  // namespace stator

STATOR_PLUGIN(stator::Resolver, stator::ShowsSiblings, .name = "siblings", .version = "1.0.0",
              .capabilities = "deterministic");
