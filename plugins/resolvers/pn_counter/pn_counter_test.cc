#include <gtest/gtest.h>

#include <string>

#include "dot_stores/plain_model.h"
#include "dot_stores/workbench.h"
#include "stator/testing/datatype_history.h"

extern "C" const stator_plugin_descriptor stator_plugin;

namespace stator {
namespace {

using dot_stores::Workbench;

const testing::DataTypeUnderTest kSubject{.make = [] { return dot_stores::made_by(stator_plugin); }};

[[maybe_unused]] const bool kLaws = testing::register_datatype_laws("PnCounterLaws", kSubject);
[[maybe_unused]] const bool kModel = testing::register_datatype_model(
    "PnCounterModel", {.make = kSubject.make, .histories = 300},
    {.read = [](std::span<const testing::DataTypeEvent> events, const testing::Events& seen) {
      return dot_stores::PlainModel(events, seen).counter({}).value_or("");
    }});

class PnCounter : public ::testing::Test {
 protected:
  const std::unique_ptr<DataType> datatype_ = kSubject.make();
  Workbench counter_{*datatype_};
};

TEST_F(PnCounter, CountsUpAndDown) {
  EXPECT_TRUE(counter_.ask(R"({"op":"increment"})").is_ok());
  EXPECT_TRUE(counter_.ask(R"({"op":"increment","by":5})").is_ok());
  EXPECT_EQ(counter_.shown(), "6");
  EXPECT_TRUE(counter_.ask(R"({"op":"decrement"})").is_ok());
  EXPECT_TRUE(counter_.ask(R"({"op":"decrement","by":-2})").is_ok());
  EXPECT_TRUE(counter_.ask(R"({"op":"increment","by":-10})").is_ok());
  EXPECT_EQ(counter_.shown(), "-3");
  EXPECT_EQ(counter_.stored(), "=-3") << "one item";
}

TEST_F(PnCounter, EachActorHasOneItemAndTouchesNoOther) {
  counter_.put("self", "", "10", false);
  counter_.put("other", "", "-4");
  EXPECT_TRUE(counter_.ask(R"({"op":"increment"})").is_ok());
  EXPECT_EQ(counter_.stored(), "=-4 =11");
  EXPECT_EQ(counter_.shown(), "7");
}

TEST_F(PnCounter, ItIsExactToTheEdgesOf64Bits) {
  EXPECT_TRUE(counter_.ask(R"({"op":"increment","by":9223372036854775807})").is_ok());
  EXPECT_EQ(counter_.shown(), "9223372036854775807");
  EXPECT_EQ(counter_.refusal(Code::failed_precondition, R"({"op":"increment"})"),
            "the counter is 9223372036854775807 and would leave 64 bits");
  EXPECT_TRUE(counter_.ask(R"({"op":"increment","by":-9223372036854775808})").is_ok());
  EXPECT_EQ(counter_.shown(), "-1");
  EXPECT_EQ(counter_.refusal(Code::failed_precondition, R"({"op":"increment","by":-9223372036854775808})"),
            "the counter is -1 and would leave 64 bits");
  EXPECT_TRUE(counter_.ask(R"({"op":"decrement","by":-9223372036854775808})").is_ok());
  EXPECT_EQ(counter_.shown(), "9223372036854775807");
}

TEST_F(PnCounter, NeitherTheSumNorTheSignersPartLeaves64Bits) {
  counter_.put("other", "", "9223372036854775807");
  counter_.refusal(Code::failed_precondition, R"({"op":"increment"})");
  counter_.put("third", "", "-9223372036854775807");
  counter_.put("self", "", "9223372036854775807");
  counter_.put("fourth", "", "-9223372036854775807");
  EXPECT_EQ(counter_.shown(), "0");
  counter_.refusal(Code::failed_precondition, R"({"op":"increment"})");
  EXPECT_TRUE(counter_.ask(R"({"op":"decrement"})").is_ok());
}

TEST_F(PnCounter, WhatWasCountedAtOnceIsShownInFull) {
  for (const char* node : {"a", "b", "c"}) counter_.put(node, "", "9223372036854775807");
  EXPECT_EQ(counter_.shown(), "27670116110564327421");
  for (const char* node : {"d", "e", "f", "g", "h"}) counter_.put(node, "", "-9223372036854775808");
  EXPECT_EQ(counter_.shown(), "-18446744073709551619");
}

TEST_F(PnCounter, WhatIsNoNumberIsRefused) {
  const auto refusal = [&](const std::string& text) { return counter_.refusal(Code::invalid_argument, text); };
  const std::string takes = R"("by" takes a whole number of 64 bits, with sign)";
  for (const char* by : {"1.5", "1.0", "9223372036854775808", "\"1\"", "null", "true"})
    EXPECT_EQ(refusal(R"({"op":"increment","by":)" + std::string(by) + "}"), takes);
  EXPECT_EQ(refusal(R"({"op":"increment","per":1})"), R"(operation "increment" has no member "per")");
  EXPECT_EQ(refusal(R"({"op":"set","value":1})"), R"(there is no operation "set")");
}

TEST_F(PnCounter, ADamagedItemIsToldAndNotCounted) {
  for (const char* damaged : {"", "1x", " 1", "9223372036854775808"}) {
    Workbench counter(*datatype_);
    counter.put("other", "", damaged);
    EXPECT_EQ(counter.shown(), "data_loss: an item of a counter is no number");
    counter.refusal(Code::data_loss, R"({"op":"increment"})");
  }
}

}  // namespace
}  // namespace stator
