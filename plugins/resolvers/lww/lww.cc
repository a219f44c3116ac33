#include <algorithm>
#include <span>
#include <tuple>

#include "stator/plugin.h"
#include "stator/resolver.h"

namespace stator {
namespace {

/// Last writer wins: the answer is the version with the greatest stamp; of equal stamps the one with the greater dot,
/// since no two versions share a dot and every replica must choose alike. A tombstone is ranked as any other version,
/// so a removal that is newer than a concurrent put hides it.
class Lww final : public Resolver {
 public:
  Resolution resolve(BytesView /*key*/, std::span<const Version> siblings) const override {
    auto newest = std::max_element(siblings.begin(), siblings.end(), [](const Version& a, const Version& b) {
      return std::tie(a.stamp, a.dot) < std::tie(b.stamp, b.dot);
    });
    Resolution resolution;
    resolution.winner = static_cast<std::size_t>(newest - siblings.begin());
    resolution.tombstone = newest->tombstone;
    resolution.resolved_by = "LWW";
    return resolution;
  }
};

}  // namespace
}  // namespace stator

STATOR_PLUGIN(stator::Resolver, stator::Lww, .name = "lww", .version = "1.0.0",
              .capabilities = "total-order,deterministic");
