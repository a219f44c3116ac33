// Units, addresses, suggestions and positions: the small readings that messages are made of.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "kernel/config/address.h"
#include "kernel/config/problem.h"
#include "kernel/config/setting.h"
#include "kernel/config/suggestion.h"
#include "kernel/config/units.h"

namespace stator {
namespace {

using namespace std::chrono_literals;

TEST(Units, DurationsHaveAUnit) {
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("2s"), 2s);
  EXPECT_EQ(parse_duration("3 m"), 3min);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("7d"), 168h);
  EXPECT_EQ(parse_duration("9us"), 9us);
  EXPECT_EQ(parse_duration("0ns"), 0ns);
  for (const char* wrong : {"", "5", "s", "-1s", "1.5s", "1S", "1s ", "1s2", "99999999999999999999s", "107000d"}) {
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
  }
}

TEST(Units, SizesMayHaveAUnit) {
  EXPECT_EQ(parse_byte_count("4096"), 4096u);
  EXPECT_EQ(parse_byte_count("10KB"), 10'000u);
  EXPECT_EQ(parse_byte_count("64MiB"), 64u << 20);
  EXPECT_EQ(parse_byte_count("1 TiB"), 1ull << 40);
  for (const char* wrong : {"", "MiB", "-1", "1 mib", "1.5GB", "9999999TiB"})
    EXPECT_FALSE(parse_byte_count(wrong)) << wrong;
}

TEST(AddressTest, IsAHostAndAPort) {
  EXPECT_EQ(parse_address("127.0.0.1:80"), (Address{"127.0.0.1", 80}));
  EXPECT_EQ(parse_address("node.example:0"), (Address{"node.example", 0}));
  EXPECT_EQ(parse_address("[::1]:65535"), (Address{"::1", 65535}));
  EXPECT_TRUE(parse_address("[::]:80")->is_wildcard());
  EXPECT_TRUE(parse_address("0.0.0.0:80")->is_wildcard());
  for (const char* wrong :
       {"", ":80", "host", "host:", "host:x", "host:65536", "host:-1", "host:80 ", "::1:80", "[]:80", "a b:1"}) {
    EXPECT_FALSE(parse_address(wrong)) << wrong;
  }
}

TEST(Suggestion, IsTheNearestWordIfAnyIsNear) {
  EXPECT_EQ(suggestion("defualt", {"carts", "default"}), "default");
  EXPECT_EQ(suggestion("TCP", {"http", "tcp"}), "tcp");
  EXPECT_EQ(suggestion("vnodes", {"plugin", "storage"}), "");
  EXPECT_EQ(suggestion("", {"a"}), "");
  EXPECT_EQ(suggestion("r", {"n"}), "") << "another letter is another word";
}

TEST(Suggestion, DistanceCountsASwapOnce) {
  EXPECT_EQ(edit_distance("tpc", "tcp"), 1u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
}

RC_GTEST_PROP(SuggestionProperty, DistanceIsSymmetricAndZeroOnlyToItself,
              (const std::string& a, const std::string& b)) {
  RC_ASSERT(edit_distance(a, b) == edit_distance(b, a));
  RC_ASSERT(edit_distance(a, a) == 0u);
  RC_ASSERT(edit_distance(a, b) <= std::max(a.size(), b.size()));
}

TEST(Suggestion, ChoicesReadAsASentence) {
  EXPECT_EQ(one_of({}), "none");
  EXPECT_EQ(one_of({"a"}), "a");
  EXPECT_EQ(one_of({"a", "b", "c"}), "a, b or c");
}

TEST(ProblemTest, ReadsWhereWhatAndWhatElse) {
  Problem problem{{"c.toml", 3}, "a.b", "5", "1 to 3", "3"};
  EXPECT_EQ(problem.text(), "c.toml:3: a.b: found 5, allowed: 1 to 3; did you mean \"3\"?");
  EXPECT_EQ((Problem{{"--node-id", 0}, "", "\"x\"", "", ""}.text()), "--node-id: found \"x\"");
}

TEST(ProblemTest, SortsByLineWithinTheSourcesAsTheyCame) {
  Problems problems{{{"z", 0}, "1", "", "", ""},
                    {{"a", 9}, "2", "", "", ""},
                    {{"a", 3}, "3", "", "", ""},
                    {{"z", 0}, "4", "", "", ""}};
  sort_by_position(problems);
  std::string order;
  for (const Problem& problem : problems) order += problem.key;
  EXPECT_EQ(order, "1432");
}

TEST(SettingTest, APositionIsThatOfTheNearestThingTyped) {
  Problems problems;
  Setting document = parse_toml("[a.b]\nc = 1\n\n[a.d]\n", "s", problems);
  EXPECT_EQ(position_of(document, {"a", "b", "c"}).line, 2);
  EXPECT_EQ(position_of(document, {"a", "b", "x"}).line, 1);
  EXPECT_EQ(position_of(document, {"a", "d", "x", "y"}).text(), "s:4");
}

TEST(SettingTest, AValueIsTomlOrElseText) {
  Position where{"--set x", 0};
  EXPECT_EQ(parse_value("12", where).shown(), "12");
  EXPECT_EQ(parse_value("true", where).shown(), "true");
  EXPECT_EQ(parse_value("\"12\"", where).shown(), "\"12\"");
  EXPECT_EQ(parse_value("12ms", where).shown(), "\"12ms\"");
  EXPECT_EQ(parse_value("", where).shown(), "\"\"");
  EXPECT_EQ(parse_value("2024-01-01", where).shown(), "\"2024-01-01\"");
  EXPECT_EQ(parse_value("{a = 1}", where).shown(), "\"{a = 1}\"");
  EXPECT_EQ(parse_value("a\nb", where).shown(), "\"a\\x0ab\"");
  EXPECT_EQ(parse_value(std::string(1000, 'a'), where).shown().size(), 82u + 3u)
      << "two quotes and an ellipsis of three bytes";
  EXPECT_EQ(parse_value("[1]", where).list()[0].where, where);
}

}  // namespace
}  // namespace stator
