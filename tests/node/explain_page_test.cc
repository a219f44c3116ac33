#include "kernel/node/explain_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "kernel/causality/record_codec.h"

namespace stator {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kNow = 1'000'000;

/// A key of three replicas and one fallback, of which all have answered that they hold nothing.
class ExplainPage : public testing::Test {
 protected:
  ExplainPage() {
    keyspace_.rules.name = "default";
    keyspace_.rules.tombstone_grace = std::chrono::seconds(100);
    keyspace_.resolve = [](BytesView, std::span<const Version> siblings) -> Result<Resolution> {
      Resolution resolution;
      resolution.resolved_by = "LWW";
      resolution.winner = siblings[0].stamp > siblings[1].stamp ? 0 : 1;
      return resolution;
    };
    for (const char* id : {"a", "b", "c"}) key_.nodes.push_back({id, true, "alive", "", {}});
    key_.nodes.push_back({"d", false, "alive", "", {}});
  }

  static Version version(const std::string& node, std::uint64_t millis) {
    Version made;
    made.dot = {{node, Stamp{1}}, 1};
    made.stamp = Stamp::from_millis(millis);
    made.value = "value";
    return made;
  }
  static Version removal(const std::string& node, std::uint64_t millis) {
    Version made = version(node, millis);
    made.tombstone = true;
    made.value.clear();
    return made;
  }
  void hold(std::size_t node, std::vector<Version> versions) {
    Record record;
    for (const Version& held : versions) record.context.add(held.dot);
    record.versions = std::move(versions);
    key_.nodes[node].report.record = encode_record(record);
    key_.nodes[node].report.digest = record_digest(key_.nodes[node].report.record);
  }
  void hold_everywhere(const std::vector<Version>& versions) {
    for (std::size_t node = 0; node < 3; ++node) hold(node, versions);
  }
  json page() const { return json::parse(explain_page(key_).body); }
  std::string rule(int number) const { return page()["tombstone"]["rules"][number - 1]["why"]; }

  Keyspace keyspace_;
  ExplainedKey key_{keyspace_, "k", 7, "a", kNow, {}};
};

TEST_F(ExplainPage, NamesWhoShouldHoldTheKeyAndWhoDoes) {
  hold(0, {version("a", 5)});
  key_.nodes[0].report.marked = true;
  key_.nodes[1].failure = "unavailable: refused";
  const json found = page();
  EXPECT_EQ(found["key"], "k");
  EXPECT_EQ(found["partition"], 7);
  const json& list = found["preference_list"];
  ASSERT_EQ(list.size(), 4U);
  EXPECT_EQ(list[0]["status"], "holds");
  EXPECT_EQ(list[0]["marked"], true);
  EXPECT_EQ(list[0]["vectorClock"], (json{{"a", 1}}));
  EXPECT_EQ(list[0]["versions"][0]["version"], "a:1");
  EXPECT_EQ(list[0]["versions"][0]["lwwMillis"], 5);
  EXPECT_EQ(list[0]["versions"][0]["bytes"], 5);
  EXPECT_EQ(list[1]["status"], "unreachable");
  EXPECT_EQ(list[1]["message"], "unavailable: refused");
  EXPECT_EQ(list[2]["status"], "absent");
  EXPECT_EQ(list[3]["role"], "fallback");
  EXPECT_EQ(found["equal"], false);
  EXPECT_EQ(found["tombstone"], nullptr) << "it lives";
}

TEST_F(ExplainPage, ReplicasAreEqualOnlyIfAllAnsweredAlike) {
  EXPECT_EQ(page()["equal"], true) << "none holds it";
  hold_everywhere({version("a", 5)});
  EXPECT_EQ(page()["equal"], true);
  hold(2, {version("b", 5)});
  EXPECT_EQ(page()["equal"], false);
  hold_everywhere({version("a", 5)});
  key_.nodes[3].failure = "gone";
  EXPECT_EQ(page()["equal"], true) << "a fallback is no replica";
  key_.nodes[2].failure = "gone";
  EXPECT_EQ(page()["equal"], false);
}

TEST_F(ExplainPage, SaysWhyTheResolverChose) {
  EXPECT_EQ(page()["resolution"]["found"], false);
  EXPECT_THAT(page()["resolution"]["why"], HasSubstr("no replica"));
  hold(0, {version("a", 5)});
  EXPECT_EQ(page()["resolution"]["winner"], "a:1");
  EXPECT_EQ(page()["resolution"]["resolvedBy"], nullptr) << "nobody was asked";
  hold(1, {version("b", 6)});
  const json both = page()["resolution"];
  EXPECT_EQ(both["winner"], "b:1");
  EXPECT_EQ(both["resolvedBy"], "LWW");
  EXPECT_EQ(both["why"], "LWW chose b:1 of 2 versions: its stamp is the newest");
  keyspace_.resolve = [](BytesView, std::span<const Version>) -> Result<Resolution> {
    Resolution nothing;
    nothing.resolved_by = "siblings";
    nothing.unresolved = true;
    return nothing;
  };
  EXPECT_EQ(page()["resolution"]["why"], "siblings picks none of 2 versions");
  EXPECT_EQ(page()["resolution"]["winner"], nullptr);
  keyspace_.resolve = [](BytesView, std::span<const Version>) { return Status(Code::internal, "threw"); };
  EXPECT_EQ(page()["resolution"]["resolvedBy"], "fault");
}

TEST_F(ExplainPage, SaysHowAntiEntropyFindsTheLeaf) {
  for (std::size_t node = 0; node < 3; ++node) key_.nodes[node].report.leaf = {true, 12, 7};
  EXPECT_EQ(page()["leaf"], (json{{"number", 12}, {"state", "equal"}}));
  key_.nodes[2].failure = "gone";
  EXPECT_EQ(page()["leaf"]["state"], "unknown");
  key_.nodes[2].failure.clear();
  key_.nodes[3].report.leaf = {true, 12, 8};
  EXPECT_EQ(page()["leaf"]["state"], "equal") << "a fallback is no replica";
  key_.nodes[1].report.leaf.hash = 8;
  EXPECT_EQ(page()["leaf"]["state"], "differs");
  key_.nodes[2].report.leaf.built = false;
  EXPECT_EQ(page()["leaf"]["state"], "building");
  for (ExplainedKey::Node& node : key_.nodes) node.failure = "gone";
  EXPECT_EQ(page()["leaf"]["state"], "unknown");
  key_.nodes[0].failure.clear();
  key_.nodes[0].report.comparisons = {{"b", std::chrono::milliseconds(1500), true}, {"c", {}, false}};
  EXPECT_EQ(page()["preference_list"][0]["comparisons"],
            json::parse(R"([{"peer":"b","equal_for_millis":1500,"differs":true},
                            {"peer":"c","equal_for_millis":null,"differs":false}])"));
}

TEST_F(ExplainPage, ListsHints) {
  key_.nodes[3].report.hints = {{"b", false, 7}};
  key_.nodes[0].report.hints = {{"c", true, 0}};
  EXPECT_EQ(page()["hints"], json::parse(R"([{"node":"a","target":"c","kind":"reference","digest":null},
                            {"node":"d","target":"b","kind":"copy","digest":"0000000000000007"}])"));
}

TEST_F(ExplainPage, ATombstoneThatNothingKeepsIsReady) {
  hold_everywhere({removal("a", kNow - 100'001)});
  const json tombstone = page()["tombstone"];
  EXPECT_EQ(tombstone["age_millis"], 100'001);
  EXPECT_EQ(tombstone["grace_millis"], 100'000);
  EXPECT_THAT(tombstone["blocked_by"], IsEmpty());
  EXPECT_EQ(tombstone["rules"].size(), 4U);
}

TEST_F(ExplainPage, EachRuleThatKeepsATombstoneIsNamed) {
  hold_everywhere({removal("a", kNow - 99'000)});
  EXPECT_THAT(page()["tombstone"]["blocked_by"], ElementsAre(1));
  EXPECT_THAT(rule(1), HasSubstr("1.0 s to go"));

  hold_everywhere({removal("a", kNow - 200'000)});
  hold(1, {removal("b", kNow - 200'000)});
  EXPECT_THAT(page()["tombstone"]["blocked_by"], ElementsAre(2));
  EXPECT_THAT(rule(2), HasSubstr("different records: b"));

  hold_everywhere({removal("a", kNow - 200'000)});
  key_.nodes[3].report.partition_hints_for = {"b"};
  EXPECT_THAT(page()["tombstone"]["blocked_by"], ElementsAre(3));
  EXPECT_THAT(rule(3), HasSubstr("d for b"));

  key_.nodes[3].report.partition_hints_for.clear();
  key_.nodes[3].failure = "gone";
  EXPECT_THAT(page()["tombstone"]["blocked_by"], ElementsAre(3)) << "who is down counts as holding one";
  key_.nodes[2].failure = "gone";
  EXPECT_THAT(page()["tombstone"]["blocked_by"], ElementsAre(2, 3));
  EXPECT_THAT(rule(2), HasSubstr("not every replica answered: c"));
}

TEST_F(ExplainPage, WhatTheLastRoundsCameUponIsTold) {
  hold_everywhere({removal("a", kNow - 200'000)});
  EXPECT_THAT(page()["tombstone"]["last_rounds"], IsEmpty());
  key_.nodes[1].report.last_round = CollectBlock::clock;
  EXPECT_EQ(page()["tombstone"]["last_rounds"],
            json::parse(R"([{"node":"b","block":"clock","why":"a member's clock is too far from the others'"}])"));
}

TEST_F(ExplainPage, WhatHasExpiredIsGoneFromThatMomentOn) {
  Version brief = version("a", 5);
  brief.expires = Stamp::from_millis(kNow);
  hold_everywhere({brief, removal("b", 7)});
  const json found = page();
  EXPECT_EQ(found["preference_list"][0]["versions"][0]["expired"], true);
  EXPECT_EQ(found["resolution"]["found"], false);
  EXPECT_EQ(found["tombstone"]["gone_since_millis"], kNow);
  brief.expires = Stamp::from_millis(kNow + 1);
  hold_everywhere({brief, removal("b", 7)});
  EXPECT_EQ(page()["tombstone"], nullptr);
  EXPECT_EQ(page()["preference_list"][0]["versions"][0]["expires_millis"], kNow + 1);
}

}  // namespace
}  // namespace stator
