#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stator/testing/made_resolver.h"
#include "stator/testing/resolver_laws.h"

extern "C" const stator_plugin_descriptor stator_plugin;

namespace stator {
namespace {

using ::testing::HasSubstr;
using testing::removal_of;
using testing::version_of;

std::unique_ptr<Resolver> made(const std::string& script, Status& why, std::int64_t instructions = 1'000'000) {
  const Config config("mine", {{"script", ConfigFile{"dir/resolve.lua", script}},
                               {"max_instructions", instructions},
                               {"max_memory_bytes", std::int64_t{64} << 20}});
  return testing::made_resolver(stator_plugin, config, why);
}

std::unique_ptr<Resolver> make(const std::string& script) {
  Status why;
  auto resolver = made(script, why);
  EXPECT_NE(resolver, nullptr) << why.text();
  return resolver;
}

const char* const kLongest = R"(
function resolve(key, siblings)
  local longest = 1
  for i, sibling in ipairs(siblings) do
    if #sibling.value > #siblings[longest].value then longest = i end
  end
  return longest
end)";

/// Makes a value of everything that might be another each time.
const char* const kRestless = R"(
calls = (calls or 0) + 1
local seen = {}
function resolve(key, siblings)
  string.calls = (string.calls or 0) + 1
  local parts = {calls, string.calls, tostring(seen), tostring(print), tostring(resolve)}
  for _, sibling in ipairs(siblings) do
    seen[sibling.node .. sibling.counter] = #sibling.value
    for field in pairs(sibling) do parts[#parts + 1] = field end
  end
  for name, size in pairs(seen) do parts[#parts + 1] = name .. "=" .. size end
  table.sort(parts, function(a, b) return tostring(a) < tostring(b) end)
  return {value = table.concat(parts, " ")}
end)";

[[maybe_unused]] const bool kRegistered[] = {
    testing::register_resolver_laws("LuaLaws", {.make = [] { return make(kLongest); }, .sets = 2'000}),
    testing::register_resolver_laws("LuaRestlessLaws", {.make = [] { return make(kRestless); }, .sets = 2'000})};

Resolution resolved(const std::string& script, const std::vector<Version>& siblings) {
  return make(script)->resolve("key", siblings);
}

std::string refusal(const std::string& script) {
  Status why;
  EXPECT_EQ(made(script, why), nullptr);
  EXPECT_EQ(why.code(), Code::invalid_argument);
  return why.message();
}

std::string fault(const std::string& answer) {
  try {
    resolved("function resolve(key, siblings) " + answer + " end", {version_of("a", 1, "x"), version_of("b", 2, "y")});
  } catch (const std::exception& thrown) {
    return thrown.what();
  }
  return "none";
}

TEST(Lua, AnIndexNamesTheWinner) {
  const Resolution resolution =
      resolved(kLongest, {version_of("a", 9, "x"), version_of("b", 1, "long"), removal_of("c", 5)});
  EXPECT_EQ(resolution.winner, 1u);
  EXPECT_FALSE(resolution.tombstone);
  EXPECT_EQ(resolution.resolved_by, "mine");
  EXPECT_TRUE(resolved("function resolve() return 1 end", {version_of("a", 1, "x"), removal_of("b", 2)}).tombstone);
}

TEST(Lua, SiblingsComeNewestFirstWithAllThatIsKnownOfThem) {
  std::vector<Version> siblings{version_of("a", 5, "old"), version_of("b", 7, std::string("n\0w", 3)),
                                removal_of("c", 6)};
  siblings[1].content_type = "text/plain";
  siblings[1].dot.counter = 4;
  const Resolution all = resolved(R"(
    function resolve(key, siblings)
      local all = {key}
      for i, s in ipairs(siblings) do
        all[i + 1] = s.value .. "," .. s.content_type .. "," .. tostring(s.tombstone) .. "," .. s.stamp_ms .. "," ..
          s.node .. "," .. s.counter
      end
      return {value = table.concat(all, ";")}
    end)",
                                  siblings);
  EXPECT_EQ(all.value, std::string("key;n\0w,text/plain,false,7,b,4;,,true,6,c,1;old,,false,5,a,1", 60));
  EXPECT_EQ(all.content_type, "text/plain") << "that of the newest, unless it says another";
  EXPECT_FALSE(all.winner);
}

TEST(Lua, ASiblingThatIsReturnedIsTheWinner) {
  EXPECT_EQ(
      resolved("function resolve(_, s) return s[2] end", {version_of("a", 9, "x"), version_of("b", 1, "y")}).winner,
      1u);
}

TEST(Lua, ATableIsAValueOrARemoval) {
  const std::vector<Version> siblings{version_of("a", 9, "x"), version_of("b", 1, "y")};
  const Resolution made = resolved("function resolve() return {value = 5, content_type = 'a/b'} end", siblings);
  EXPECT_EQ(made.value, "5");
  EXPECT_EQ(made.content_type, "a/b");
  const Resolution gone = resolved("function resolve() return {tombstone = true} end", siblings);
  EXPECT_TRUE(gone.tombstone);
  EXPECT_FALSE(gone.winner);
}

TEST(Lua, AnyOtherAnswerIsAFault) {
  EXPECT_EQ(fault("return 1"), "none");
  EXPECT_EQ(fault(""), "resolve returned a nil, not an index or a table");
  EXPECT_EQ(fault("return 3"), "resolve returned 3; there are 2 siblings");
  EXPECT_EQ(fault("return 0"), "resolve returned 0; there are 2 siblings");
  EXPECT_EQ(fault("return 1.5"), "resolve returned a number, not an index or a table");
  EXPECT_EQ(fault("return {}"), "resolve returned a table without value or tombstone");
  EXPECT_EQ(fault("return {value = {}}"), "resolve returned a table whose value is a table");
  EXPECT_EQ(fault("return {value = '', content_type = true}"),
            "resolve returned a table whose content_type is a boolean");
  EXPECT_EQ(fault("error('too bad')"), "dir/resolve.lua:1: too bad");
  EXPECT_EQ(fault("error({})"), "an error that is no text");
}

TEST(Lua, AMistakeInTheScriptIsToldWithItsLineBeforeAnythingStarts) {
  EXPECT_EQ(refusal("\n\nfunction resolve( return 1 end"), "dir/resolve.lua:3: <name> or '...' expected near 'return'");
  EXPECT_EQ(refusal("resolv = 1"), "dir/resolve.lua: it defines no function resolve(key, siblings)");
  EXPECT_EQ(refusal("\nresolve = nothing.at_all"),
            "dir/resolve.lua:2: attempt to index a nil value (global 'nothing')");
  EXPECT_THAT(refusal("while true do end"), HasSubstr("dir/resolve.lua:1: more instructions than max_instructions"));
  EXPECT_THAT(refusal("\x1bLua"), HasSubstr("binary")) << "nobody checks what is compiled already";
  Status why;
  EXPECT_EQ(made(kLongest, why, 0), nullptr);
  EXPECT_EQ(why.message(), "max_instructions must be 1 to 1000000000");
}

}  // namespace
}  // namespace stator
