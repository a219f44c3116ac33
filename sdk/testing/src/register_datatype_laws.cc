#include <gtest/gtest.h>

#include <cstdlib>
#include <utility>

#include "stator/testing/datatype_history.h"
#include "stator/testing/datatype_laws.h"

namespace stator::testing {
namespace {

class DataTypeLawTest : public ::testing::Test {
 public:
  using Violations = std::function<std::vector<std::string>(const DataTypeUnderTest&)>;
  DataTypeLawTest(std::string sentence, Violations violations, DataTypeUnderTest datatype)
      : sentence_(std::move(sentence)), violations_(std::move(violations)), datatype_(std::move(datatype)) {}
  void TestBody() override {
    for (const std::string& violation : violations_(datatype_))
      ADD_FAILURE() << sentence_ << ": " << violation << "\nreplay with STATOR_SEED=" << datatype_.seed;
  }

 private:
  const std::string sentence_;
  const Violations violations_;
  const DataTypeUnderTest datatype_;
};

void register_test(const std::string& suite, const char* name, const char* sentence,
                   const DataTypeLawTest::Violations& violations, DataTypeUnderTest datatype) {
  if (const char* seed = std::getenv("STATOR_SEED")) datatype.seed = std::strtoull(seed, nullptr, 10);
  ::testing::RegisterTest(suite.c_str(), name, nullptr, nullptr, __FILE__, __LINE__,
                          [=]() -> ::testing::Test* { return new DataTypeLawTest(sentence, violations, datatype); });
}

}  // namespace

bool register_datatype_laws(const std::string& suite, DataTypeUnderTest datatype) {
  for (const DataTypeLaw& law : datatype_laws()) register_test(suite, law.name, law.sentence, law.violations, datatype);
  return true;
}

bool register_datatype_model(const std::string& suite, DataTypeUnderTest datatype, const DataTypeModel& model) {
  register_test(
      suite, "AgreesWithItsModel", "what is shown is what the model says",
      [model](const DataTypeUnderTest& subject) { return disagreements(subject, model); }, std::move(datatype));
  return true;
}

}  // namespace stator::testing
