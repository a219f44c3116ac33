#include "tests/tidy/source_file.h"

#include <gtest/gtest.h>

namespace stator::tidy {
namespace {

std::vector<std::string> code_of(std::string text) { return make_source("a.cc", std::move(text)).code; }

TEST(SourceFile, BlanksWhatIsNoCode) {
  EXPECT_EQ(code_of("a; // b\nc;"), (std::vector<std::string>{"a;     ", "c;"}));
  EXPECT_EQ(code_of("a /* b\nb */ c"), (std::vector<std::string>{"a     ", "     c"}));
  EXPECT_EQ(code_of("f(\"g\\\"h\");"), std::vector<std::string>{"f(\"    \");"});
  EXPECT_EQ(code_of("f('\"', x);"), std::vector<std::string>{"f(' ', x);"});
  EXPECT_EQ(code_of("R\"re(a\"b)re\" c"), std::vector<std::string>{std::string(12, ' ') + " c"});
}

TEST(SourceFile, KeepsDigitSeparators) {
  EXPECT_EQ(code_of("x = 1'000 + f('a');"), std::vector<std::string>{"x = 1'000 + f(' ');"});
}

TEST(SourceFile, TakesPathsApart) {
  EXPECT_EQ(stem("a/b/c.d.h"), "c.d");
  EXPECT_EQ(directory("a/b/c.h"), "a/b/");
  EXPECT_EQ(directory("c.h"), "");
}

}  // namespace
}  // namespace stator::tidy
