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

[[maybe_unused]] const bool kLaws = testing::register_datatype_laws("AddWinsSetLaws", kSubject);
/// Each element with an add that no remove had observed.
std::string meant(std::span<const testing::DataTypeEvent> events, const testing::Events& seen) {
  return dot_stores::PlainModel(events, seen).set({}).value_or("");
}

[[maybe_unused]] const bool kModel =
    testing::register_datatype_model("AddWinsSetModel", {.make = kSubject.make, .histories = 300}, {.read = meant});

TEST(DataTypeHistory, FindsAModelThatMeansSomethingElse) {
  const auto found = [](const std::function<std::string(const std::string&)>& altered) {
    return testing::disagreements(
        {.make = kSubject.make, .seed = 42, .histories = 10},
        {.read = [&](auto events, const auto& seen) { return altered(meant(events, seen)); }});
  };
  const auto without_milk = [](const std::string& text) { return text == R"(["milk"])" ? R"(["ink"])" : text; };
  const auto always_there = [](const std::string& text) { return text.empty() ? "[]" : text; };
  EXPECT_TRUE(found([](const std::string& text) { return text; }).empty());
  EXPECT_FALSE(found(always_there).empty());
  const std::vector<std::string> once = found(without_milk);
  ASSERT_FALSE(once.empty());
  EXPECT_LE(once.size(), 5u);
  EXPECT_EQ(once.front().rfind("seed 42, history ", 0), 0u) << once.front();
  EXPECT_NE(once.front().find(R"(shows ["milk"], not ["ink"])"), std::string::npos) << once.front();
  EXPECT_EQ(once, found(without_milk)) << "the same seed finds the same";
}

class AddWinsSet : public ::testing::Test {
 protected:
  const std::unique_ptr<DataType> datatype_ = kSubject.make();
  Workbench set_{*datatype_};
};

TEST_F(AddWinsSet, HoldsWhatWasAddedAscending) {
  EXPECT_TRUE(set_.ask(R"({"op":"add","element":"milk"})").is_ok());
  EXPECT_TRUE(set_.ask(R"({"op":"add_all","elements":["eggs","milk","a\u0000\"é"]})").is_ok());
  EXPECT_EQ(set_.shown(), R"(["a\u0000\"é","eggs","milk"])");
  EXPECT_TRUE(set_.ask(R"({"op":"remove_all","elements":["eggs","a\u0000\"é"]})").is_ok());
  EXPECT_EQ(set_.shown(), R"(["milk"])");
  EXPECT_TRUE(set_.ask(R"({"op":"remove","element":"milk"})").is_ok());
  EXPECT_EQ(set_.shown(), "");
}

TEST_F(AddWinsSet, AnAddLeavesOneItemOfWhatWasSeenOrItsOwn) {
  set_.put("self", "milk", "", false);
  set_.put("other", "milk", "");
  set_.put("third", "milk", "", false);
  EXPECT_TRUE(set_.ask(R"({"op":"add","element":"milk"})").is_ok());
  EXPECT_EQ(set_.stored(), "milk= milk=");
  EXPECT_EQ(set_.shown(), R"(["milk"])");
}

TEST_F(AddWinsSet, ARemoveTakesWhatWasSeenAlone) {
  set_.put("self", "milk", "", false);
  set_.put("other", "milk", "");
  set_.put("other", "milkshake", "");
  EXPECT_TRUE(set_.ask(R"({"op":"remove","element":"milk"})").is_ok());
  EXPECT_EQ(set_.stored(), "milk= milkshake=");
}

TEST_F(AddWinsSet, AnOperationReadsItsElementsAlone) {
  for (const char* element : {"bread", "eggs", "milk", "milk", "milkshake", "tea"}) set_.put("other", element, "");
  EXPECT_TRUE(set_.ask(R"({"op":"remove_all","elements":["eggs","milk"]})").is_ok());
  EXPECT_EQ(set_.given(), 3u);
  EXPECT_TRUE(set_.ask(R"({"op":"add","element":"milk"})").is_ok());
  EXPECT_EQ(set_.given(), 0u);
}

TEST_F(AddWinsSet, RemovingWhatIsNotThereChangesNothing) {
  const Result<Change> change =
      datatype_->update(Items({}), {"remove_all", R"({"op":"remove_all","elements":["milk","eggs"]})"}, {"self", {}});
  ASSERT_TRUE(change.is_ok());
  EXPECT_TRUE(change->replaced.empty() && change->added.empty());
}

TEST_F(AddWinsSet, WhatIsNoElementIsRefused) {
  const auto refusal = [&](const std::string& text) { return set_.refusal(Code::invalid_argument, text); };
  EXPECT_EQ(refusal(R"({"op":"add"})"), R"(operation "add" lacks the member "element")");
  EXPECT_EQ(refusal(R"({"op":"add","element":7})"), R"("element" takes text)");
  EXPECT_EQ(refusal(R"({"op":"add","elements":["milk"]})"), R"(operation "add" lacks the member "element")");
  EXPECT_EQ(refusal(R"({"op":"add_all","elements":["milk",""]})"), R"("elements" takes 1 to 4096 bytes, not 0)");
  EXPECT_EQ(refusal(R"({"op":"clear"})"), R"(there is no operation "clear")");
}

}  // namespace
}  // namespace stator
