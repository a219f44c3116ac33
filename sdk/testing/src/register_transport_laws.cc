#include <gtest/gtest.h>

#include <utility>

#include "stator/testing/transport_laws.h"

namespace stator::testing {
namespace {

class TransportLawTest : public ::testing::Test {
 public:
  TransportLawTest(const TransportLaw& law, TransportUnderTest transport)
      : law_(law), transport_(std::move(transport)) {}
  void TestBody() override {
    for (const std::string& violation : law_.violations(transport_))
      ADD_FAILURE() << law_.sentence << ": " << violation;
  }

 private:
  const TransportLaw& law_;
  TransportUnderTest transport_;
};

}  // namespace

bool register_transport_laws(const std::string& suite, const TransportUnderTest& transport) {
  for (const TransportLaw& law : transport_laws()) {
    ::testing::RegisterTest(suite.c_str(), law.name, nullptr, nullptr, __FILE__, __LINE__,
                            [&law, transport]() -> ::testing::Test* { return new TransportLawTest(law, transport); });
  }
  return true;
}

}  // namespace stator::testing
