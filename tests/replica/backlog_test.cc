#include "kernel/replica/backlog.h"

#include <gtest/gtest.h>

namespace stator {
namespace {

TEST(Backlog, IsTooLongFromItsLimitUntilHalfOfItIsLeft) {
  Backlog backlog;
  backlog.set_limits({4, 1000});
  for (int i = 0; i < 3; ++i) backlog.add(1);
  EXPECT_FALSE(backlog.is_too_long());
  backlog.add(1);
  EXPECT_TRUE(backlog.is_too_long());
  backlog.done(1);
  EXPECT_TRUE(backlog.is_too_long());
  backlog.done(1);
  EXPECT_FALSE(backlog.is_too_long());
  backlog.add(1);
  EXPECT_FALSE(backlog.is_too_long());
}

TEST(Backlog, CountsBytesToo) {
  Backlog backlog;
  backlog.set_limits({100, 1000});
  backlog.add(999);
  EXPECT_FALSE(backlog.is_too_long());
  backlog.add(1);
  EXPECT_TRUE(backlog.is_too_long());
  backlog.done(999);
  EXPECT_FALSE(backlog.is_too_long());
}

TEST(Backlog, OfNothingIsNotTooLongWhateverTheLimit) {
  for (std::size_t limit : {1, 2, 3}) {
    Backlog backlog;
    backlog.set_limits({limit, limit});
    EXPECT_FALSE(backlog.is_too_long());
    for (int i = 0; i < 5; ++i) backlog.add(7);
    EXPECT_TRUE(backlog.is_too_long());
    for (int i = 0; i < 5; ++i) backlog.done(7);
    EXPECT_FALSE(backlog.is_too_long());
  }
}

}  // namespace
}  // namespace stator
