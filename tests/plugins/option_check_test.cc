#include "kernel/plugins/option_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/test_plugins.h"

namespace stator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr stator_option kOptions[] = {{"codec", "string", "none", ""},        {"depth", "int", "-7", ""},
                                      {"direct", "bool", "true", ""},         {"linger", "duration", "200us", ""},
                                      {"segment_size", "bytes", "64MiB", ""}, {"hosts", "list", "[\"a\", \"b\"]", ""},
                                      {nullptr, nullptr, nullptr, nullptr}};

CheckedOptions check(const stator_option* declared, const std::string& toml) {
  Problems problems;
  Setting table = parse_toml(toml, "c.toml", problems);
  EXPECT_THAT(problems, IsEmpty());
  return check_options(declared, table, "storage", "fast");
}

std::vector<std::string> problems(const stator_option* declared, const std::string& toml) {
  std::vector<std::string> texts;
  Problems found = check(declared, toml).problems;
  sort_by_position(found);
  for (const Problem& problem : found) texts.push_back(problem.text());
  return texts;
}

TEST(OptionCheck, FillsInDefaults) {
  CheckedOptions checked = check(kOptions, "");
  EXPECT_THAT(checked.problems, IsEmpty());
  const Config& config = checked.config;
  EXPECT_EQ(config.instance(), "fast");
  EXPECT_EQ(config.text("codec"), "none");
  EXPECT_EQ(config.integer("depth"), -7);
  EXPECT_TRUE(config.flag("direct"));
  EXPECT_EQ(config.duration("linger"), std::chrono::microseconds(200));
  EXPECT_EQ(config.bytes("segment_size"), 64u << 20);
  EXPECT_THAT(config.list("hosts"), ElementsAre("a", "b"));
}

TEST(OptionCheck, ReadsEveryTypeWithItsUnit) {
  CheckedOptions checked = check(kOptions, R"(
    codec = "zstd"
    depth = 3
    direct = false
    linger = "2h"
    segment_size = 10
    hosts = []
  )");
  EXPECT_THAT(checked.problems, IsEmpty());
  EXPECT_EQ(checked.config.text("codec"), "zstd");
  EXPECT_EQ(checked.config.integer("depth"), 3);
  EXPECT_FALSE(checked.config.flag("direct"));
  EXPECT_EQ(checked.config.duration("linger"), std::chrono::hours(2));
  EXPECT_EQ(checked.config.bytes("segment_size"), 10u);
  EXPECT_THAT(checked.config.list("hosts"), IsEmpty());
}

TEST(OptionCheck, TellsEveryWrongTypeWithItsLine) {
  EXPECT_THAT(
      problems(kOptions,
               "codec = 1\ndepth = \"3\"\ndirect = 1\nlinger = 200\nsegment_size = \"10 parsec\"\nhosts = [1]"),
      ElementsAre("c.toml:1: storage.fast.codec: found 1, allowed: a text",
                  "c.toml:2: storage.fast.depth: found \"3\", allowed: a whole number",
                  "c.toml:3: storage.fast.direct: found 1, allowed: true or false",
                  "c.toml:4: storage.fast.linger: found 200, allowed: a duration such as \"500ms\", \"2s\" or \"1h\"",
                  "c.toml:5: storage.fast.segment_size: found \"10 parsec\", allowed: a size such as \"64MiB\", "
                  "\"10KB\" or 4096",
                  "c.toml:6: storage.fast.hosts: found a list, allowed: a list of texts"));
}

TEST(OptionCheck, TellsAnUndeclaredOptionAndWhatWasMeant) {
  EXPECT_THAT(
      problems(kOptions, "\n\nsegmentsize = 3"),
      ElementsAre(
          "c.toml:3: storage.fast.segmentsize: found an option that the plugin does not declare, allowed: codec, "
          "depth, direct, linger, segment_size or hosts; did you mean \"segment_size\"?"));
  EXPECT_THAT(problems(nullptr, "x = 1"),
              ElementsAre("c.toml:1: storage.fast.x: found an option that the plugin does not declare, allowed: none"));
}

TEST(OptionCheck, DemandsWhatHasNoDefault) {
  constexpr stator_option kRequired[] = {{"path", "string", nullptr, "where it lives"},
                                         {nullptr, nullptr, nullptr, nullptr}};
  EXPECT_THAT(problems(kRequired, ""),
              ElementsAre("c.toml:1: storage.fast.path: found nothing, allowed: a text (where it lives)"));
  EXPECT_THAT(check(kRequired, "path = \"x\"").problems, IsEmpty());
}

TEST(OptionCheck, ReadsTheFileThatIsNamed) {
  constexpr stator_option kFile[] = {{"script", "file", nullptr, "what it does"}, {nullptr, nullptr, nullptr, nullptr}};
  const Scratch scratch;
  for (const std::string& text : {std::string("a\0b\n", 4), std::string()}) {
    const std::string path = scratch.write("script", text);
    const CheckedOptions checked = check(kFile, "script = \"" + path + "\"");
    EXPECT_THAT(checked.problems, IsEmpty());
    EXPECT_EQ(checked.config.file("script").path, path);
    EXPECT_EQ(checked.config.file("script").text, text);
  }
  for (const std::string& path : {scratch.path(), scratch.path() + "/missing"})
    EXPECT_THAT(problems(kFile, "\nscript = \"" + path + "\""),
                ElementsAre("c.toml:2: storage.fast.script: found \"" + path +
                            "\", allowed: the path of a file that can be read"));
}

TEST(OptionCheck, TellsOfAPluginThatDeclaresNonsense) {
  constexpr stator_option kNonsense[] = {{"a", "colour", "red", ""},
                                         {"b", "int", "many", ""},
                                         {"c", nullptr, "", nullptr},
                                         {nullptr, nullptr, nullptr, nullptr}};
  EXPECT_THAT(problems(kNonsense, ""),
              ElementsAre("c.toml:1: storage.fast.a: found an option that its plugin declares with an unknown type",
                          "c.toml:1: storage.fast.b: found \"many\", allowed: a whole number",
                          "c.toml:1: storage.fast.c: found an option that its plugin declares with an unknown type"));
}

}  // namespace
}  // namespace stator
