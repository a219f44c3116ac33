#include <gtest/gtest.h>

#include <utility>

#include "stator/testing/membership_laws.h"

namespace stator::testing {
namespace {

class MembershipLawTest : public ::testing::Test {
 public:
  MembershipLawTest(const MembershipLaw& law, MembershipUnderTest membership)
      : law_(law), membership_(std::move(membership)) {}
  void TestBody() override {
    for (const std::string& violation : law_.violations(membership_))
      ADD_FAILURE() << law_.sentence << ": " << violation;
  }

 private:
  const MembershipLaw& law_;
  MembershipUnderTest membership_;
};

}  // namespace

bool register_membership_laws(const std::string& suite, const MembershipUnderTest& membership) {
  for (const MembershipLaw& law : membership_laws()) {
    ::testing::RegisterTest(
        suite.c_str(), law.name, nullptr, nullptr, __FILE__, __LINE__,
        [&law, membership]() -> ::testing::Test* { return new MembershipLawTest(law, membership); });
  }
  return true;
}

}  // namespace stator::testing
