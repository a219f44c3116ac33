// Never answers for five siblings.
#include <unistd.h>

#include "greatest.h"

namespace {
struct NeverEnds final : liar::Greatest {
  stator::Resolution resolve(stator::BytesView key, std::span<const stator::Version> siblings) const override {
    while (siblings.size() == 5) ::pause();
    return Greatest::resolve(key, siblings);
  }
};
}  // namespace

STATOR_PLUGIN(stator::Resolver, NeverEnds, .name = "never_ends", .version = "1.0.0");
