#include "cli/bench/cpu_meter.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace stator::cli {
namespace {

TEST(CpuMeter, ReadsTheTwoFieldsBehindAnyName) {
  EXPECT_EQ(CpuMeter::parse_ticks("7 (a) b) c) S 1 7 7 0 -1 4194304 100 0 0 0 30 12 0 0 20 0 1 0 5 6 7"), 42);
  EXPECT_FALSE(CpuMeter::parse_ticks(""));
  EXPECT_FALSE(CpuMeter::parse_ticks("7 (a) S 1"));
}

TEST(CpuMeter, SeesOwnWork) {
  const auto meter = CpuMeter::start({getpid()});
  ASSERT_TRUE(meter.is_ok());
  volatile unsigned long work = 0;
  while (meter->used()->front().count() == 0) {
    work = work + 1;
  }
  EXPECT_GT(meter->used()->front().count(), 0);
}

TEST(CpuMeter, NamesAProcessThatIsNotThere) {
  const auto meter = CpuMeter::start({getpid(), 0x7ffffff0});
  ASSERT_FALSE(meter.is_ok());
  EXPECT_EQ(meter.status().code(), Code::not_found);
}

}  // namespace
}  // namespace stator::cli
