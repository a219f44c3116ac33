#include <gtest/gtest.h>

#include "stator/testing/made_resolver.h"
#include "stator/testing/resolver_laws.h"

extern "C" const stator_plugin_descriptor stator_plugin;

namespace stator {
namespace {

using testing::removal_of;
using testing::version_of;

std::unique_ptr<Resolver> make() {
  Status why;
  return testing::made_resolver(stator_plugin, {}, why);
}

/// The laws' sets hold hardly any JSON: here the values are replaced by some that conflict at every depth.
class OnDocuments final : public Resolver {
 public:
  Resolution resolve(BytesView key, std::span<const Version> siblings) const override {
    static constexpr const char* kDocuments[] = {
        R"({"a":1})", R"({"a":{"b":1}})",     R"({"a":{"b":{"c":1}},"d":[1]})", R"({"a":{"b":2},"d":{}})",
        "{}",         R"({"a":null,"e":1.5})"};
    std::vector<Version> documents(siblings.begin(), siblings.end());
    for (Version& version : documents) {
      if (!version.tombstone) version.value = kDocuments[(version.dot.counter + version.value.size()) % 6];
    }
    return merge_->resolve(key, documents);
  }

 private:
  const std::unique_ptr<Resolver> merge_ = make();
};

[[maybe_unused]] const bool kRegistered[] = {testing::register_resolver_laws("JsonMergeLaws", {.make = make}),
                                             testing::register_resolver_laws("JsonMergeOnDocumentsLaws", {.make = [] {
                                                                               return std::make_unique<OnDocuments>();
                                                                             }})};

/// What is shown of versions written in this order, one after the other.
Bytes merged(const std::vector<Bytes>& values) {
  std::vector<Version> siblings;
  for (const Bytes& value : values) siblings.push_back(version_of("a", siblings.size() + 1, value));
  for (std::size_t i = 0; i < siblings.size(); ++i) siblings[i].dot.counter = i + 1;
  const Resolution resolution = make()->resolve("key", siblings);
  EXPECT_EQ(resolution.resolved_by, "json_merge");
  return resolution.winner ? siblings[*resolution.winner].value : resolution.value;
}

TEST(JsonMerge, HasTheFieldsOfAll) {
  EXPECT_EQ(merged({R"({"name":"Ann","address":{"town":"Ulm"}})",
                    R"({"name":"Ann","address":{"street":"Hirschstr."},"phone":"0731"})"}),
            R"({"address":{"street":"Hirschstr.","town":"Ulm"},"name":"Ann","phone":"0731"})");
  EXPECT_EQ(merged({R"({"a":1})", R"({"b":2})", R"({"c":3})"}), R"({"a":1,"b":2,"c":3})");
}

TEST(JsonMerge, TheNewerOfConflictingValuesCounts) {
  EXPECT_EQ(merged({R"({"a":[1,2],"b":0})", R"({"a":[3]})"}), R"({"a":[3],"b":0})") << "arrays are not merged";
  EXPECT_EQ(merged({R"({"a":{"x":1},"b":0})", R"({"a":null})"}), R"({"a":null,"b":0})");
  EXPECT_EQ(merged({R"({"a":{"x":{"deep":1},"y":1}})", R"({"a":{"x":2}})"}), R"({"a":{"x":2,"y":1}})");
}

TEST(JsonMerge, WhatStandsBetweenObjectsDoesNotPartThem) {
  EXPECT_EQ(merged({R"({"a":{"x":1}})", R"({"a":5})", R"({"a":{"y":2}})"}), R"({"a":{"x":1,"y":2}})");
}

TEST(JsonMerge, UnlessAllAreObjectsTheNewestIsShown) {
  for (const char* other :
       {"no json", "", "[1]", "5", "null", R"({"a":1)", R"({"a":1}{})", "{\"a\":\"\xff\"}", R"({"a":1e999})"}) {
    EXPECT_EQ(merged({other, R"({ "b" : 2 })"}), R"({ "b" : 2 })") << other;
    EXPECT_EQ(merged({R"({"b":2})", other}), other);
  }
}

TEST(JsonMerge, WhatIsNestedTooDeepIsNoObject) {
  const auto nested = [](std::size_t depth) {
    Bytes text = "0";
    for (std::size_t i = 0; i < depth; ++i) text = "{\"a\":" + text + "}";
    return text;
  };
  EXPECT_EQ(merged({R"({"b":1})", nested(50)}), "{\"a\":" + nested(49) + ",\"b\":1}");
  EXPECT_EQ(merged({R"({"b":1})", nested(200)}), nested(200));
  const Bytes arrays = "{\"a\":" + Bytes(1 << 20, '[');
  EXPECT_EQ(merged({arrays, R"({"b":1})"}), R"({"b":1})");
}

TEST(JsonMerge, ARemovalHasNoPart) {
  const Resolution merge = make()->resolve(
      "key", std::vector{version_of("a", 1, R"({"a":1})"), removal_of("b", 9), version_of("c", 2, R"({"c":3})")});
  EXPECT_EQ(merge.value, R"({"a":1,"c":3})");
  EXPECT_FALSE(merge.tombstone);
  const Resolution gone = make()->resolve("key", std::vector{removal_of("a", 1), removal_of("b", 9)});
  EXPECT_EQ(gone.winner, 1u);
  EXPECT_TRUE(gone.tombstone);
}

TEST(JsonMerge, WhatNeedsNoMergingIsShownAsItWasWritten) {
  EXPECT_EQ(merged({R"({"a":1})", R"({ "b":2, "a":1 })"}), R"({ "b":2, "a":1 })");
  EXPECT_EQ(make()->resolve("key", std::vector{version_of("a", 2, "{}"), version_of("b", 1, "{}")}).winner, 0u);
}

TEST(JsonMerge, TheContentTypeIsTheNewests) {
  std::vector<Version> siblings{version_of("a", 1, R"({"a":1})"), version_of("b", 2, R"({"b":1})")};
  siblings[1].content_type = "application/json";
  EXPECT_EQ(make()->resolve("key", siblings).content_type, "application/json");
}

TEST(JsonMerge, NumbersStayWhatTheyAre) {
  EXPECT_EQ(merged({R"({"a":18446744073709551615,"b":-9223372036854775808})", R"({"c":0.1})"}),
            R"({"a":18446744073709551615,"b":-9223372036854775808,"c":0.1})");
}

}  // namespace
}  // namespace stator
