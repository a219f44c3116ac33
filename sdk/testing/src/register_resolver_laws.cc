#include <gtest/gtest.h>

#include <utility>

#include "stator/testing/resolver_laws.h"

namespace stator::testing {
namespace {

class ResolverLawTest : public ::testing::Test {
 public:
  ResolverLawTest(const ResolverLaw& law, ResolverUnderTest resolver) : law_(law), resolver_(std::move(resolver)) {}
  void TestBody() override {
    for (const std::string& violation : law_.violations(resolver_)) ADD_FAILURE() << law_.sentence << ": " << violation;
  }

 private:
  const ResolverLaw& law_;
  ResolverUnderTest resolver_;
};

}  // namespace

bool register_resolver_laws(const std::string& suite, const ResolverUnderTest& resolver) {
  for (const ResolverLaw& law : resolver_laws()) {
    if (law.of_total_orders && !resolver.total_order) continue;
    ::testing::RegisterTest(suite.c_str(), law.name, nullptr, nullptr, __FILE__, __LINE__,
                            [&law, resolver]() -> ::testing::Test* { return new ResolverLawTest(law, resolver); });
  }
  return true;
}

}  // namespace stator::testing
