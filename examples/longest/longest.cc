#include <algorithm>
#include <span>
#include <tuple>

#include "stator/plugin.h"
#include "stator/resolver.h"

namespace {

/// Shows the longest value; of equally long ones the newest.
class Longest final : public stator::Resolver {
 public:
  stator::Resolution resolve(stator::BytesView /*key*/, std::span<const stator::Version> siblings) const override {
    const auto longest = std::max_element(siblings.begin(), siblings.end(), shorter);
    stator::Resolution resolution;
    resolution.winner = static_cast<std::size_t>(longest - siblings.begin());
    resolution.tombstone = longest->tombstone;
    resolution.resolved_by = "longest";
    return resolution;
  }

 private:
  static bool shorter(const stator::Version& a, const stator::Version& b) {
    return std::forward_as_tuple(a.value.size(), a.stamp, a.dot) <
           std::forward_as_tuple(b.value.size(), b.stamp, b.dot);
  }
};

}  // namespace

STATOR_PLUGIN(stator::Resolver, Longest, .name = "longest", .version = "1.0.0",
              .capabilities = "total-order,deterministic");
