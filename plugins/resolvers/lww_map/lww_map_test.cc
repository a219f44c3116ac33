#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <tuple>

#include "dot_stores/plain_model.h"
#include "dot_stores/workbench.h"
#include "stator/testing/datatype_history.h"

extern "C" const stator_plugin_descriptor stator_plugin;

namespace stator {
namespace {

using dot_stores::PlainModel;
using dot_stores::Workbench;
using Json = PlainModel::Json;

std::string meant(std::span<const testing::DataTypeEvent> events, const testing::Events& seen) {
  return PlainModel(events, seen).fields().value_or("");
}

/// One field or several, to values that all differ.
Operation drawn(std::mt19937_64& random) {
  static constexpr const char* kNames[] = {"name", "age", "tags"};
  const std::string name = kNames[random() % 3];
  switch (random() % 4) {
    case 0: return {"remove", Json{{"op", "remove"}, {"field", name}}.dump()};
    case 1: return {"remove", Json{{"op", "remove"}, {"fields", {"age", name}}}.dump()};
    case 2: return {"update", Json{{"op", "update"}, {"fields", {{"age", random()}, {name, {random()}}}}}.dump()};
    default: return {"set", Json{{"op", "set"}, {"field", name}, {"value", random()}}.dump()};
  }
}

const testing::DataTypeUnderTest kSubject{.make = [] { return dot_stores::made_by(stator_plugin); }};

[[maybe_unused]] const bool kLaws = testing::register_datatype_laws("LwwMapLaws", kSubject);
[[maybe_unused]] const bool kModel = testing::register_datatype_model(
    "LwwMapModel", {.make = kSubject.make, .histories = 300}, {.read = meant, .draw = drawn});

class LwwMap : public ::testing::Test {
 protected:
  const std::unique_ptr<DataType> datatype_ = kSubject.make();
  Workbench map_{*datatype_};
};

TEST_F(LwwMap, HoldsAnyJsonByName) {
  EXPECT_TRUE(map_.ask(R"({"op":"set","field":"name","value":"Ann"})").is_ok());
  EXPECT_TRUE(
      map_.ask(R"({"op":"update","fields":{"a\u0000\"":null,"big":18446744073709551615,"x":{"b":[1.5]}}})").is_ok());
  EXPECT_EQ(map_.shown(), R"({"a\u0000\"":null,"big":18446744073709551615,"name":"Ann","x":{"b":[1.5]}})");
  EXPECT_TRUE(map_.ask(R"({"op":"set","field":"name","value":"Bob"})").is_ok());
  EXPECT_TRUE(map_.ask(R"({"op":"remove","fields":["big","x","absent"]})").is_ok());
  EXPECT_EQ(map_.shown(), R"({"a\u0000\"":null,"name":"Bob"})");
}

TEST_F(LwwMap, TheGreatestStampShowsThenTheGreatestDot) {
  map_.put("b", "name", "1", true, Stamp{5});
  map_.put("a", "name", "2", true, Stamp{6});
  EXPECT_EQ(map_.shown(), R"({"name":2})");
  map_.put("c", "name", "3", true, Stamp{6});
  EXPECT_EQ(map_.shown(), R"({"name":3})");
}

TEST_F(LwwMap, ASetLeavesWhatTheClientHasNotSeen) {
  map_.put("self", "name", "1", false);
  map_.put("other", "name", "2");
  map_.put("third", "name", "3", false);
  map_.put("third", "named", "4");
  EXPECT_TRUE(map_.ask(R"({"op":"set","field":"name","value":5})").is_ok());
  EXPECT_EQ(map_.stored(), "name=5 name=3 named=4");
  EXPECT_TRUE(map_.ask(R"({"op":"remove","field":"name"})").is_ok());
  EXPECT_EQ(map_.stored(), "name=3 named=4");
}

TEST_F(LwwMap, AnOperationReadsItsFieldsAlone) {
  for (const char* field : {"age", "name", "named", "tags"}) map_.put("other", field, "1");
  EXPECT_TRUE(map_.ask(R"({"op":"update","fields":{"name":2,"new":3}})").is_ok());
  EXPECT_EQ(map_.given(), 1u);
  EXPECT_TRUE(map_.ask(R"({"op":"remove","fields":["age","name"]})").is_ok());
  EXPECT_EQ(map_.given(), 2u);
}

TEST_F(LwwMap, WhatIsNoFieldIsRefused) {
  const auto refusal = [&](const std::string& text) { return map_.refusal(Code::invalid_argument, text); };
  EXPECT_EQ(refusal(R"({"op":"set","field":"name"})"), R"(operation "set" lacks the member "value")");
  EXPECT_EQ(refusal(R"({"op":"set","field":["name"],"value":1})"), R"("field" takes text)");
  EXPECT_EQ(refusal(R"({"op":"update","fields":["name"]})"), R"("fields" takes an object)");
  EXPECT_EQ(refusal(R"({"op":"update","fields":{"":1}})"), R"("fields" takes 1 to 4096 bytes, not 0)");
  EXPECT_EQ(refusal(R"({"op":"remove"})"), R"(operation "remove" lacks the member "field")");
  EXPECT_EQ(refusal(R"({"op":"increment"})"), R"(there is no operation "increment")");
}

}  // namespace
}  // namespace stator
