#include <gtest/gtest.h>

#include <string>

#include "dot_stores/workbench.h"
#include "stator/testing/datatype_laws.h"

extern "C" const stator_plugin_descriptor stator_plugin;

namespace stator {
namespace {

using dot_stores::Workbench;
using namespace std::string_literals;

Config of_depth(std::int64_t depth) { return Config("", {{"max_depth", depth}}); }

[[maybe_unused]] const bool kLaws = testing::register_datatype_laws(
    "OrMapLaws", {.make = [] { return dot_stores::made_by(stator_plugin, of_depth(16)); }});

/// {"op":"update","fields":{name: nested}}
std::string on(const std::string& name, const std::string& nested) {
  return R"({"op":"update","fields":{")" + name + R"(":)" + nested + "}}";
}

class OrMap : public ::testing::Test {
 protected:
  const std::unique_ptr<DataType> datatype_ = dot_stores::made_by(stator_plugin, of_depth(3));
  Workbench map_{*datatype_};
};

TEST_F(OrMap, HasFieldsOfAllKinds) {
  EXPECT_TRUE(map_.ask(R"({"op":"update","fields":{"visits":{"op":"increment","by":2},
      "items":{"op":"add_all","elements":["milk","eggs"]},"name":{"op":"set","value":["Ann"]},"member":{"op":"enable"},
      "address":{"op":"update","fields":{"city":{"op":"set","value":"Ulm"}}}}})")
                  .is_ok());
  EXPECT_EQ(map_.shown(),
            R"({"address":{"city":"Ulm"},"items":["eggs","milk"],"member":true,"name":["Ann"],"visits":2})");
  EXPECT_TRUE(map_.ask(R"({"op":"update","fields":{"visits":{"op":"decrement"},
      "items":{"op":"remove","element":"milk"},"name":{"op":"set","value":"Bob"},"member":{"op":"disable"},
      "address":{"op":"remove","field":"city"}}})")
                  .is_ok());
  EXPECT_EQ(map_.shown(), R"({"items":["eggs"],"name":"Bob","visits":1})");
  EXPECT_TRUE(map_.ask(R"({"op":"remove","fields":["items","name","visits","absent"]})").is_ok());
  EXPECT_EQ(map_.shown(), "");
}

TEST_F(OrMap, ARemoveTakesAllThatWasSeenBeneathANameOfEveryKind) {
  map_.put("other", "a\0c"s, "1");
  map_.put("other", "a\0c"s, "2", false);
  map_.put("other", "a\0mx\0c"s, "3");
  map_.put("other", "a\0smilk"s, "");
  map_.put("other", "ab\0c"s, "4");
  EXPECT_TRUE(map_.ask(R"({"op":"remove","field":"a"})").is_ok());
  EXPECT_EQ(map_.shown(), R"({"a":2,"ab":4})");
}

TEST_F(OrMap, KindsMadeAtOnceUnderOneNameAreAllShownByKind) {
  map_.put("b", "a\0c"s, "1");
  map_.put("c", "a\0f"s, "");
  map_.put("d", "a\0mx\0r"s, "true");
  map_.put("e", "a\0r"s, "\"Ann\"");
  map_.put("f", "a\0smilk"s, "");
  EXPECT_EQ(map_.shown(), R"({"a":{"counter":1,"flag":true,"map":{"x":true},"register":"Ann","set":["milk"]}})");
  EXPECT_TRUE(map_.ask(on("a", R"({"op":"increment"})")).is_ok()) << "each of them can still be updated";
  EXPECT_TRUE(map_.ask(R"({"op":"remove","field":"a"})").is_ok());
  EXPECT_EQ(map_.shown(), "");
}

TEST_F(OrMap, AFieldOfAnotherKindMustBeRemovedFirst) {
  map_.put("other", "a\0mx\0c"s, "1", false);
  EXPECT_EQ(map_.refusal(Code::failed_precondition, on("a", R"({"op":"add","element":"milk"})")),
            R"(field "a": it is a map, not a set: remove it first)");
  EXPECT_EQ(map_.refusal(Code::failed_precondition, on("a", on("x", R"({"op":"set","value":1})"))),
            R"(field "a": field "x": it is a counter, not a register: remove it first)");
  EXPECT_TRUE(map_.ask(on("a", on("x", R"({"op":"increment"})"))).is_ok());
}

TEST_F(OrMap, AnOperationReadsWhatItTouchesAlone) {
  for (const char* element : {"bread", "eggs", "milk", "tea"}) map_.put("other", "a\0s"s + element, "");
  map_.put("other", "b\0mx\0c"s, "1");
  map_.put("other", "b\0my\0r"s, "2");
  EXPECT_TRUE(map_.ask(on("a", R"({"op":"add","element":"milk"})")).is_ok());
  EXPECT_EQ(map_.given(), 1u);
  EXPECT_TRUE(map_.ask(on("b", on("x", R"({"op":"increment"})"))).is_ok());
  EXPECT_EQ(map_.given(), 1u);
  EXPECT_TRUE(map_.ask(on("c", R"({"op":"enable"})")).is_ok());
  EXPECT_EQ(map_.given(), 0u);
  EXPECT_TRUE(map_.ask(R"({"op":"remove","field":"b"})").is_ok());
  EXPECT_EQ(map_.given(), 3u);
}

TEST_F(OrMap, OneRefusedFieldRefusesTheOperation) {
  EXPECT_EQ(map_.refusal(Code::invalid_argument,
                         R"({"op":"update","fields":{"a":{"op":"increment"},"b":{"op":"increment","by":"1"}}})"),
            R"(field "b": "by" takes a whole number of 64 bits, with sign)");
  EXPECT_EQ(map_.shown(), "");
}

TEST_F(OrMap, WhatIsNoOperationOfAFieldIsRefused) {
  const auto refusal = [&](const std::string& text) { return map_.refusal(Code::invalid_argument, text); };
  EXPECT_EQ(refusal(on("a", "7")), R"(field "a": it takes an operation, {"op":…})");
  EXPECT_EQ(refusal(on("a", R"({"op":["set"]})")), R"(field "a": it takes an operation, {"op":…})");
  EXPECT_EQ(refusal(on("a", R"({"op":"clear"})")), R"(field "a": there is no operation "clear")");
  EXPECT_EQ(refusal(on("a", R"({"op":"enable","by":1})")), R"(field "a": operation "enable" has no member "by")");
  EXPECT_EQ(refusal(on("a", R"({"op":"set"})")), R"(field "a": operation "set" lacks the member "value")");
  EXPECT_EQ(refusal(on("", R"({"op":"enable"})")), R"("fields" takes 1 to 4096 bytes, not 0)");
  EXPECT_EQ(refusal(on("a\\u0000", R"({"op":"enable"})")), R"(field "a\u0000": a name holds no character U+0000)");
  EXPECT_EQ(refusal(R"({"op":"add","element":"milk"})"), R"(there is no operation "add")");
}

TEST_F(OrMap, MapsAreNestedSoDeepAndNoDeeper) {
  const std::string deepest = on("a", on("b", on("c", R"({"op":"enable"})")));
  EXPECT_TRUE(map_.ask(deepest).is_ok());
  EXPECT_EQ(map_.shown(), R"({"a":{"b":{"c":true}}})");
  EXPECT_EQ(map_.refusal(Code::invalid_argument, on("z", deepest)),
            R"(field "z": field "a": field "b": maps are nested at most 3 deep)");
  Status why;
  EXPECT_NE(dot_stores::made_by(stator_plugin, of_depth(64), why), nullptr);
  EXPECT_EQ(dot_stores::made_by(stator_plugin, of_depth(65), why), nullptr);
  EXPECT_EQ(dot_stores::made_by(stator_plugin, of_depth(0), why), nullptr);
  EXPECT_EQ(why.text(), "invalid_argument: max_depth is 1 to 64");
}

TEST_F(OrMap, ADamagedFieldIsTold) {
  for (const Bytes& field : {"a"s, "a\0"s, "a\0x"s, "a\0m"s, "a\0mb"s}) {
    Workbench map(*datatype_);
    map.put("other", field, "1");
    EXPECT_EQ(map.shown(), "data_loss: a field of an or_map is not as it writes them");
  }
  Bytes deep;
  for (int i = 0; i < 100'000; ++i) deep += "a\0m"s;
  map_.put("other", deep + "a\0c"s, "1");
  EXPECT_EQ(map_.shown(), "data_loss: a field of an or_map is not as it writes them");
}

}  // namespace
}  // namespace stator
