// Shows whatever stands first.
#include "greatest.h"

namespace {
struct FirstCome final : liar::Greatest {
  stator::Resolution resolve(stator::BytesView, std::span<const stator::Version> siblings) const override {
    stator::Resolution resolution;
    resolution.winner = 0;
    resolution.tombstone = siblings.front().tombstone;
    return resolution;
  }
};
}  // namespace

STATOR_PLUGIN(stator::Resolver, FirstCome, .name = "first_come", .version = "1.0.0");
