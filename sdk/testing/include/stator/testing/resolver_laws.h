#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "stator/resolver.h"

namespace stator::testing {

/// A resolver that is to be tried on random sets of siblings. One seed, one series of sets.
struct ResolverUnderTest {
  /// A new instance, as the plugin's `create` makes it.
  std::function<std::unique_ptr<Resolver>()> make;
  bool total_order = false;  ///< it declares the capability "total-order"
  std::uint64_t seed = 1;
  int sets = 10'000;
};

/// One thing every resolver must do.
struct ResolverLaw {
  const char* name;      ///< "IgnoresOrder"
  const char* sentence;  ///< for reports: what holds
  bool of_total_orders;  ///< holds only for a resolver that declares "total-order"
  /// How the resolver broke the law, a line each with the seed, at most five; empty if it keeps it.
  std::vector<std::string> (*violations)(const ResolverUnderTest& resolver);
};

/// All laws. Lives for ever.
std::span<const ResolverLaw> resolver_laws();

/// Makes each law that applies a GoogleTest "suite.law". Call it before the tests run:
/// `const bool registered = stator::testing::register_resolver_laws("Longest", {.make = …});`
bool register_resolver_laws(const std::string& suite, const ResolverUnderTest& resolver);

}  // namespace stator::testing
