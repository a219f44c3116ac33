// Ends its process when it meets five siblings.
#include <csignal>

#include "greatest.h"

namespace {
struct FallsOver final : liar::Greatest {
  stator::Resolution resolve(stator::BytesView key, std::span<const stator::Version> siblings) const override {
    if (siblings.size() == 5) std::raise(SIGKILL);
    return Greatest::resolve(key, siblings);
  }
};
}  // namespace

STATOR_PLUGIN(stator::Resolver, FallsOver, .name = "falls_over", .version = "1.0.0");
