#pragma once

#include <algorithm>

#include "stator/plugin.h"
#include "stator/resolver.h"

namespace liar {

/// An honest resolver: the version with the greatest dot. What is wrong with each of the plugins is something else.
struct Greatest : stator::Resolver {
  stator::Resolution resolve(stator::BytesView, std::span<const stator::Version> siblings) const override {
    const auto greatest =
        std::max_element(siblings.begin(), siblings.end(), [](const auto& a, const auto& b) { return a.dot < b.dot; });
    stator::Resolution resolution;
    resolution.winner = static_cast<std::size_t>(greatest - siblings.begin());
    resolution.tombstone = greatest->tombstone;
    resolution.resolved_by = "liar";
    return resolution;
  }
};

}  // namespace liar
