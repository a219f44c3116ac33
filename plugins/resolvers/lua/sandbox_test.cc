#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "script.h"

namespace stator::lua {
namespace {

using ::testing::HasSubstr;

/// What the statements, as the body of `resolve`, answer; what went wrong, in brackets, if they do not.
std::string run(const std::string& body, Limits limits = {}, const Bytes& value = "value") {
  const Script script("s", "function resolve(key, siblings) local value = siblings[1].value " + body + " end", limits);
  Version version;
  version.value = value;
  const Version* const siblings[] = {&version, &version};
  const Result<Answer> answer = script.resolve("key", siblings);
  return answer.is_ok() ? answer->value : "[" + answer.status().message() + "]";
}

std::string shown(const std::string& expression) { return run("return {value = tostring(" + expression + ")}"); }

TEST(Sandbox, HasNothingThatReachesOutOrKeepsAnything) {
  for (const char* name : {"io",     "os",          "debug",           "package",      "require",
                           "load",   "dofile",      "loadfile",        "loadstring",   "collectgarbage",
                           "print",  "coroutine",   "setmetatable",    "getmetatable", "next",
                           "rawget", "rawset",      "rawequal",        "rawlen",       "xpcall",
                           "warn",   "math.random", "math.randomseed", "string.dump",  "table.move"})
    EXPECT_EQ(shown(name), "nil") << name;
  EXPECT_EQ(run("local names = {} for name in pairs(_G) do names[#names + 1] = name end "
                "return {value = table.concat(names, ' ')}"),
            "_G _VERSION assert error ipairs math pairs pcall resolve select string table tonumber tostring type utf8");
}

TEST(Sandbox, StopsWhatRunsTooLongWhateverItCatches) {
  constexpr const char* kTooMany = "[s:1: more instructions than max_instructions]";
  EXPECT_EQ(run("while true do end"), kTooMany);
  EXPECT_EQ(run("while true do pcall(function() while true do end end) end"), kTooMany);
  EXPECT_EQ(run("local function f() pcall(f) while true do end end f()"), kTooMany);
  EXPECT_EQ(run("for i = 1, 100 do end return {value = 1}", {.instructions = 1000}), "1");
  EXPECT_EQ(run("for i = 1, 1000 do end return {value = 1}", {.instructions = 1000}), kTooMany);
}

TEST(Sandbox, StopsWhatTakesTooMuchMemory) {
  const Limits little{.memory_bytes = 1 << 20};
  EXPECT_EQ(run("return {value = #string.rep('x', 1 << 18)}", little), "262144");
  EXPECT_EQ(run("return {value = string.rep('x', 1 << 21)}", little), "[not enough memory]");
  EXPECT_EQ(run("local all = {} for i = 1, 1e6 do all[i] = i .. '' end", little), "[not enough memory]");
  EXPECT_EQ(run("local function f() return f() + 1 end f()", little), "[not enough memory]");
  EXPECT_EQ(run("for i = 1, 1e5 do local copy = value .. i end", little, Bytes(100'000, 'x')), "[not enough memory]")
      << "never much at a time, but without end";
  EXPECT_EQ(run("while true do pcall(string.rep, 'x', 1 << 21) end", little),
            "[s:1: more instructions than max_instructions]");
  EXPECT_THAT(run("return 1", {.memory_bytes = 100}), HasSubstr("too little for Lua"));
}

TEST(Sandbox, StopsPatternsThatMayTakeTooManySteps) {
  constexpr const char* kTooMany = "[s:1: patterns and moves that may take too many steps]";
  const Bytes large(1 << 20, 'a');
  for (const char* slow :
       {"value:find('.-b')", "value:match('^.-a.-b$')", "value:gsub('a*a*b', '')", "value:gmatch('^a-b')()",
        "value:find('%baa%baa')", "value:find('(a+)%1b')", "value:match('[^%]b]+b')", "('x'):rep(1 << 60)",
        "(''):rep(1 << 60)", "value:find(value:sub(2) .. 'b', 1, true)"})
    EXPECT_EQ(run(std::string("return {value = ") + slow + "}", {}, large), kTooMany) << slow;
  EXPECT_EQ(run("local list = {} for i = 1, 1e5 do list[i] = i end for i = 1, 1e5 do table.insert(list, 1, i) end"),
            kTooMany);
}

TEST(Sandbox, LeavesOrdinaryPatternsAlone) {
  const Bytes list = "milk=2, eggs=12, bread=1";
  EXPECT_EQ(run("local n = 0 for name, count in value:gmatch('(%w+)=(-?%d+)') do n = n + count end return {value = n}",
                {}, list),
            "15");
  EXPECT_EQ(run("return {value = value:gsub('%s*,%s*', ';')}", {}, list), "milk=2;eggs=12;bread=1");
  EXPECT_EQ(run("return {value = value:match('^(%a+)=(%d+)')}", {}, list), "milk");
  EXPECT_EQ(run("return {value = value:find('bread', 1, true)}", {}, list), "18");
  EXPECT_EQ(run("return {value = #value:match('^a+$')}", {}, Bytes(1 << 20, 'a')), "1048576");
  EXPECT_EQ(run("return {value = value:find('b', 1, true) or 'none'}", {}, Bytes(8 << 20, 'a')), "none");
}

TEST(Sandbox, ShowsNoAddresses) {
  EXPECT_EQ(shown("{}"), "table");
  EXPECT_EQ(shown("function() end"), "function");
  EXPECT_EQ(shown("string.len"), "function");
  EXPECT_THAT(shown("string.format('%s', {})"), HasSubstr("string.format takes no table"));
  EXPECT_THAT(shown("string.format('%s', tostring)"), HasSubstr("string.format takes no function"));
  EXPECT_THAT(shown("string.format('%-20p', 'text')"), HasSubstr("string.format knows no %p"));
  EXPECT_EQ(shown("string.format('%%p %5.1f|%-4s|%q', 2.25, 'a', 'b')"), "%p   2.2|a   |\"b\"");
}

TEST(Sandbox, GoesThroughTablesInTheOrderOfTheirKeys) {
  EXPECT_EQ(
      run("local map = {zebra = 1, apple = 2, [10] = 3, [2.5] = 4, [-1] = 5, [true] = 6, [false] = 7} local keys = {} "
          "for key, v in pairs(map) do keys[#keys + 1] = tostring(key) .. v end return {value = table.concat(keys, ' "
          "')}"),
      "false7 true6 -15 2.54 103 apple2 zebra1");
  EXPECT_EQ(run("local map = {a = 1, b = 2, c = 3} for key in pairs(map) do map[key] = nil end "
                "local left = 0 for _ in pairs(map) do left = left + 1 end return {value = left}"),
            "0");
  EXPECT_EQ(run("for _ in pairs({[{}] = 1}) do end"), "[s:1: pairs takes keys that are texts, numbers or booleans]");
}

TEST(Sandbox, SortsAndKeepsEqualElementsInTheirOrder) {
  for (int count : {0, 1, 2, 3, 7, 8, 100, 1000}) {
    EXPECT_EQ(run("local list = {} for i = 1, " + std::to_string(count) +
                  " do list[i] = {key = i * 7919 % 13, at = i} end "
                  "table.sort(list, function(a, b) return a.key < b.key end) "
                  "for i = 2, #list do local a, b = list[i - 1], list[i] "
                  "if b.key < a.key or (a.key == b.key and b.at < a.at) then return {value = 'wrong'} end end "
                  "return {value = #list}"),
              std::to_string(count));
  }
  EXPECT_EQ(run("local list = {3, 1, 2} table.sort(list) return {value = table.concat(list)}"), "123");
}

TEST(Sandbox, IsNewForEachCall) {
  const Script script("s",
                      "string.n = (string.n or 0) + 1 n = (n or 0) + 1 function resolve() n = n + 1 math.pi = n "
                      "return {value = n .. ' ' .. string.n .. ' ' .. ('x'):len()} end",
                      {});
  const Version version;
  const Version* const siblings[] = {&version};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(script.resolve("key", siblings)->value, "2 1 1");
}

}  // namespace
}  // namespace stator::lua
