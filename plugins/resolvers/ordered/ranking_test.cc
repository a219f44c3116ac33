#include "ranking.h"

#include <gtest/gtest.h>

#include <random>

namespace stator {
namespace {

TEST(Decimals, AreComparedExactly) {
  const char* const ascending[] = {"-1e3",
                                   "-999.5",
                                   "-2",
                                   "-1.00000000000000000002",
                                   "-1",
                                   "-0.5",
                                   "-1e-9",
                                   "0",
                                   "1e-9",
                                   "0.09",
                                   ".1",
                                   "0.11",
                                   "1",
                                   "9",
                                   "10",
                                   "9007199254740992",
                                   "9007199254740993",
                                   "9223372036854775808",
                                   "1e30",
                                   "123456789012345678901234567890123"};
  for (const char* const* a = std::begin(ascending); a != std::end(ascending); ++a) {
    for (const char* const* b = std::begin(ascending); b != std::end(ascending); ++b) {
      EXPECT_EQ(*parse_decimal(*a) <=> *parse_decimal(*b), a - b <=> 0) << *a << " and " << *b;
    }
  }
}

TEST(Decimals, MayBeWrittenInManyWays) {
  for (const char* text : {"120", "120.", "0120", "+120", " 120\n", "1.2e2", "12E+1", ".12e3", "1200e-1", "120.000"})
    EXPECT_EQ(parse_decimal(text), parse_decimal("120")) << text;
  for (const char* text : {"0", "-0", "0.000", "0e5", ".0"}) EXPECT_EQ(parse_decimal(text), Decimal()) << text;
}

TEST(Decimals, AreNothingElse) {
  for (const char* text : {"", " ", "-", "+", ".", "e5", "1e", "1e+", "1 2", "1,5", "0x10", "nan", "inf", "--1", "1-",
                           "1e5.", "1e1234567890", "1.2.3",
                           "\xc2\xa0"
                           "1"})
    EXPECT_FALSE(parse_decimal(text)) << text;
  EXPECT_FALSE(parse_decimal(std::string_view("1\0", 2)));
}

TEST(Decimals, AgreeWithWhatAMachineCanCount) {
  std::mt19937_64 random(1);
  const auto number = [&] { return static_cast<std::int64_t>(random()) >> (random() % 64); };
  for (int i = 0; i < 20'000; ++i) {
    const std::int64_t a = number(), b = number();
    EXPECT_EQ(*parse_decimal(std::to_string(a)) <=> *parse_decimal(std::to_string(b)), a <=> b) << a << " and " << b;
  }
}

}  // namespace
}  // namespace stator
