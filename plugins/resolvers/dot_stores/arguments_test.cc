#include "dot_stores/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace stator::dot_stores {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string refused(const std::string& arguments) {
  const Result<Json> call = parse_call({"add", arguments});
  EXPECT_EQ(call.status().code(), Code::invalid_argument) << arguments;
  return call.status().message();
}

TEST(Arguments, AnObjectWithItsOperationIsTaken) {
  const Result<Json> call = parse_call({"add", R"({"element":"milk","op":"add"})"});
  ASSERT_TRUE(call.is_ok()) << call.status().text();
  EXPECT_EQ(call->dump(), R"({"element":"milk","op":"add"})");
}

TEST(Arguments, EveryValueOfJsonIsTakenAsItIs) {
  const std::string text =
      R"({"op":"add","value":[null,true,-9223372036854775808,18446744073709551615,0.25,6.02e+23,"\u0000é",{"a":{}},[[]]]})";
  const Result<Json> call = parse_call({"add", text});
  ASSERT_TRUE(call.is_ok()) << call.status().text();
  EXPECT_EQ(call->dump(), text);
}

TEST(Arguments, WhatIsNoObjectWithThatOperationIsRefused) {
  EXPECT_THAT(refused(""), HasSubstr("no JSON"));
  EXPECT_THAT(refused("{\"op\":\"add\"} x"), HasSubstr("no JSON, at byte 14"));
  EXPECT_THAT(refused("{\"op\":\"\xFF\"}"), HasSubstr("no JSON"));
  EXPECT_THAT(refused(R"(["op","add"])"), HasSubstr("JSON object"));
  EXPECT_EQ(refused(R"({"element":"milk"})"), "\"op\" is not \"add\"");
  EXPECT_EQ(refused(R"({"op":"remove"})"), "\"op\" is not \"add\"");
  EXPECT_EQ(refused(R"({"op":7})"), "\"op\" is not \"add\"");
}

TEST(Arguments, WhatWouldBeReadInexactlyIsRefused) {
  EXPECT_EQ(refused(R"({"op":"add","op":"add"})"), "the member \"op\" is there twice");
  EXPECT_THAT(refused(R"({"op":"add","value":{"a":[{"b":1,"b":1}]}})"), HasSubstr("\"b\" is there twice"));
  EXPECT_EQ(refused(R"({"op":"add","by":18446744073709551616})"),
            "the number 18446744073709551616 does not fit in 64 bits");
  EXPECT_THAT(refused(R"({"op":"add","by":-9223372036854775809})"), HasSubstr("does not fit in 64 bits"));
  EXPECT_THAT(refused(R"({"op":"add","by":1e999})"), HasSubstr("out of range"));
}

TEST(Arguments, NestingHasAnEnd) {
  const auto nested = [](std::size_t deep) {
    return R"({"op":"add","value":)" + std::string(deep - 1, '[') + std::string(deep - 1, ']') + "}";
  };
  EXPECT_TRUE(parse_call({"add", nested(256)}).is_ok());
  EXPECT_EQ(refused(nested(257)), "nested more than 256 deep");
  EXPECT_EQ(refused(R"({"op":"add","value":)" + std::string(1'000'000, '[')), "nested more than 256 deep");
}

TEST(Arguments, MembersAreAllThereAndNoOthers) {
  const Json call = {{"op", "add"}, {"element", "milk"}};
  EXPECT_TRUE(expect_members(call, {"element"}).is_ok());
  EXPECT_TRUE(expect_members(call, {}, {"element", "by"}).is_ok());
  EXPECT_EQ(expect_members(call, {"element", "by"}).message(), "operation \"add\" lacks the member \"by\"");
  EXPECT_EQ(expect_members(call, {"op"}, {"by"}).message(), "operation \"add\" has no member \"element\"");
}

TEST(Arguments, TextsHaveOneTo4096Bytes) {
  const auto texts = [](const Json& value) { return only_text({{"op", "add"}, {"element", value}}, "element"); };
  EXPECT_THAT(*texts("milk"), ElementsAre("milk"));
  EXPECT_TRUE(texts(std::string(4096, 'x')).is_ok());
  EXPECT_EQ(texts(std::string(4097, 'x')).status().message(), "\"element\" takes 1 to 4096 bytes, not 4097");
  EXPECT_EQ(texts("").status().message(), "\"element\" takes 1 to 4096 bytes, not 0");
  EXPECT_EQ(texts(7).status().message(), "\"element\" takes text");
}

TEST(Arguments, AListHasEachTextOnce) {
  const auto texts = [](const Json& value) { return only_list({{"op", "add_all"}, {"elements", value}}, "elements"); };
  EXPECT_THAT(*texts({"b", "a", "b"}), ElementsAre("a", "b"));
  EXPECT_THAT(*texts(Json::array()), ElementsAre());
  EXPECT_EQ(texts("a").status().message(), "\"elements\" takes an array of texts");
  EXPECT_EQ(texts({"a", 7}).status().message(), "\"elements\" takes text");
}

TEST(Arguments, ATextOrAListIsOneOfThem) {
  EXPECT_THAT(*text_or_list({{"op", "remove"}, {"field", "a"}}, "field", "fields"), ElementsAre("a"));
  EXPECT_THAT(*text_or_list({{"op", "remove"}, {"fields", {"b", "a"}}}, "field", "fields"), ElementsAre("a", "b"));
  EXPECT_EQ(text_or_list({{"op", "remove"}, {"field", "a"}, {"fields", {"a"}}}, "field", "fields").status().message(),
            "operation \"remove\" has no member \"field\"");
  EXPECT_EQ(text_or_list({{"op", "remove"}}, "field", "fields").status().message(),
            "operation \"remove\" lacks the member \"field\"");
}

TEST(Arguments, FieldsAreAnObjectOfNames) {
  EXPECT_TRUE(expect_fields({{"op", "update"}, {"fields", {{"a", 1}}}}).is_ok());
  EXPECT_EQ(expect_fields({{"op", "update"}, {"fields", 7}}).message(), "\"fields\" takes an object");
  EXPECT_EQ(expect_fields({{"op", "update"}, {"fields", {{"", 1}}}}).message(),
            "\"fields\" takes 1 to 4096 bytes, not 0");
  EXPECT_EQ(expect_fields({{"op", "update"}}).message(), "operation \"update\" lacks the member \"fields\"");
}

}  // namespace
}  // namespace stator::dot_stores
