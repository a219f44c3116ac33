#include <algorithm>
#include <span>
#include <tuple>

#include "stator/plugin.h"
#include "stator/resolver.h"

namespace {

/// Shows the version with the greatest value. `before` is what you will want to change.
class ScaffoldResolver final : public stator::Resolver {
 public:
  // Any number of threads call this at the same time. Law: the same versions, in whatever order, always have the same
  // answer, so it reads no clock, file or state, and replicas need not talk about it.
  stator::Resolution resolve(stator::BytesView /*key*/, std::span<const stator::Version> siblings) const override {
    const auto winner = std::max_element(siblings.begin(), siblings.end(), before);
    stator::Resolution resolution;
    resolution.winner = static_cast<std::size_t>(winner - siblings.begin());
    resolution.tombstone = winner->tombstone;
    resolution.resolved_by = "scaffold";
    return resolution;
  }

 private:
  // Law of "total-order": the winner is one of the siblings, and the winner of winners is the winner. What ends with
  // the dot never calls two versions equal: no two have the same one.
  static bool before(const stator::Version& a, const stator::Version& b) {
    return std::tie(a.value, a.dot) < std::tie(b.value, b.dot);
  }
};

}  // namespace

STATOR_PLUGIN(stator::Resolver, ScaffoldResolver, .name = "scaffold", .version = "1.0.0",
              .capabilities = "total-order,deterministic");
