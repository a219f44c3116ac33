#pragma once

#include "stator/plugin.h"
#include "stator/resolver.h"

namespace bad {

/// A resolver without fault; what is wrong with each of these plugins is its descriptor.
struct Nothing final : stator::Resolver {
  stator::Resolution resolve(stator::BytesView, std::span<const stator::Version>) const override { return {}; }
};

consteval stator_plugin_descriptor describe(const char* name) {
  return stator::plugin_detail::describe<stator::Resolver, Nothing>({.name = name, .version = "1.0.0"});
}

}  // namespace bad

/// Exports the descriptor of `name` after `change` was made to it. (In two steps: g++ takes a variable of a lambda
/// inside a declaration with extern "C" for an extern one.)
#define BAD_PLUGIN(name, change)                               \
  static constexpr stator_plugin_descriptor kChanged = [] {    \
    stator_plugin_descriptor descriptor = bad::describe(name); \
    change;                                                    \
    return descriptor;                                         \
  }();                                                         \
  extern "C" __attribute__((visibility("default"))) constexpr stator_plugin_descriptor stator_plugin = kChanged
