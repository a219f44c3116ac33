#include "cli/bench/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace stator::cli {
namespace {

using namespace std::chrono_literals;

const Instant kStart{1h};

Plan plan(double rate, std::chrono::nanoseconds length) {
  return {.start = kStart, .measured_from = kStart, .end = kStart + length, .rate = rate};
}

/// A server that takes `service` for a request, one at a time, and does nothing from `stalls_at` for `stall`.
struct SlowServer {
  std::chrono::nanoseconds service = 1ms;
  std::chrono::nanoseconds stalls_at = 1s;
  std::chrono::nanoseconds stall = 1s;

  Instant answers(Instant asked) const {
    const Instant from = kStart + stalls_at;
    const Instant begins = asked >= from && asked < from + stall ? from + stall : asked;
    return begins + service;
  }
};

/// One connection that carries out a schedule against the server, on a clock moved by hand.
void carry_out(Schedule& schedule, const SlowServer& server) {
  Instant now = kStart;
  while (const auto due = schedule.next_due(now)) {
    now = std::max(now, *due);
    if (const auto ticket = schedule.take(now)) {
      now = server.answers(now);
      schedule.finish(*ticket, now, {});
    }
  }
}

// 500 requests a second, each of which takes 1 ms, and a second in which the server stands still: 500 requests were
// meant to start in it. The law says each of them is charged with its wait.
TEST(Schedule, OpenLoopChargesAStallToEveryRequestBehindIt) {
  Schedule schedule(plan(500, 4s), KeyChooser({.keys = 10}));
  carry_out(schedule, {});
  const Histogram& latency = schedule.tally().writes;
  EXPECT_EQ(latency.count(), 2000u);
  EXPECT_EQ(latency.max(), std::uint64_t{1'001'000'000});
  // After the stall the backlog of 500 shrinks by one request every 2 ms: a second until all is as before.
  EXPECT_NEAR(static_cast<double>(latency.quantile(0.5)), 1e6, 1e4);
  EXPECT_GT(latency.quantile(0.55), std::uint64_t{50'000'000});
  EXPECT_GT(latency.quantile(0.99), std::uint64_t{950'000'000});
}

// The same stall in a closed loop meets the one request in flight: this is what an open loop is for.
TEST(Schedule, ClosedLoopSeesAStallOnce) {
  Schedule schedule(plan(0, 4s), KeyChooser({.keys = 10}));
  carry_out(schedule, {});
  const Histogram& latency = schedule.tally().writes;
  EXPECT_EQ(latency.max(), std::uint64_t{1'001'000'000});
  EXPECT_LE(latency.quantile(0.999), std::uint64_t{1'001'000});
}

TEST(Schedule, OpenLoopSaysWhatItCouldNotSend) {
  const SlowServer server{.service = 4ms, .stall = 0s};
  Schedule schedule(plan(500, 1s), KeyChooser({.keys = 10}));
  carry_out(schedule, server);
  const Tally tally = schedule.tally();
  EXPECT_EQ(tally.answered(), 250u);
  EXPECT_EQ(tally.unsent, 250u);
}

TEST(Schedule, RateDoesNotDrift) {
  Schedule schedule(plan(3, 1000s), KeyChooser({.keys = 10}));
  carry_out(schedule, {.stall = 0s});
  EXPECT_EQ(schedule.tally().answered(), 3000u);
  EXPECT_EQ(schedule.tally().unsent, 0u);
}

TEST(Schedule, GivesNothingBeforeItIsDue) {
  Schedule schedule(plan(10, 1s), KeyChooser({.keys = 10}));
  EXPECT_TRUE(schedule.take(kStart));
  EXPECT_FALSE(schedule.take(kStart + 99ms));
  EXPECT_EQ(schedule.next_due(kStart + 99ms), kStart + 100ms);
  const auto ticket = schedule.take(kStart + 130ms);
  ASSERT_TRUE(ticket);
  EXPECT_EQ(ticket->intended, kStart + 100ms);
}

TEST(Schedule, WarmUpIsNotCounted) {
  Plan warm = plan(0, 2s);
  warm.measured_from = kStart + 1s;
  Schedule schedule(warm, KeyChooser({.keys = 10}));
  carry_out(schedule, {.service = 10ms, .stall = 0s});
  EXPECT_EQ(schedule.tally().answered(), 100u);
}

TEST(Schedule, EndsAtItsLimit) {
  Plan limited = plan(0, 1h);
  limited.limit = 7;
  Schedule schedule(limited, KeyChooser({.distribution = Distribution::sequential, .keys = 100}));
  std::vector<std::uint64_t> keys;
  while (const auto ticket = schedule.take(kStart)) {
    keys.push_back(ticket->key);
  }
  EXPECT_EQ(keys, (std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5, 6}));
  EXPECT_TRUE(schedule.over(kStart));
}

TEST(Schedule, GivesUpWhenNothingSucceeds) {
  Plan patient = plan(0, 1h);
  patient.patience = 10s;
  Schedule schedule(patient, KeyChooser({.keys = 10}));
  const auto first = schedule.take(kStart);
  const auto second = schedule.take(kStart);
  schedule.finish(*first, kStart + 4s, {});
  schedule.finish(*second, kStart + 9s, {OperationResult::Kind::failed, "timeout"});
  EXPECT_FALSE(schedule.over(kStart + 14s));
  EXPECT_TRUE(schedule.over(kStart + 15s));
}

TEST(Schedule, FailuresAreCountedByKindAndHaveNoLatency) {
  Schedule schedule(plan(0, 1s), KeyChooser({.keys = 10}));
  for (const char* error : {"HTTP 503", "timeout", "HTTP 503"}) {
    schedule.finish(*schedule.take(kStart), kStart + 1ms, {OperationResult::Kind::failed, error});
  }
  schedule.finish(*schedule.take(kStart), kStart + 1ms, {OperationResult::Kind::missing});
  schedule.note_failure("connect: refused");
  const Tally tally = schedule.tally();
  EXPECT_EQ(tally.failed, 3u);
  EXPECT_EQ(tally.errors.at("HTTP 503"), 2u);
  EXPECT_EQ(tally.errors.at("connect: refused"), 1u);
  EXPECT_EQ(tally.missing, 1u);
  EXPECT_EQ(tally.answered(), 1u);
}

TEST(Schedule, ReadShareIsWhatWasAskedFor) {
  for (const double share : {0.0, 0.3, 1.0}) {
    Plan mixed = plan(0, 1s);
    mixed.read_share = share;
    Schedule schedule(mixed, KeyChooser({.keys = 10}));
    int reads = 0;
    for (int i = 0; i < 100'000; ++i) {
      reads += schedule.take(kStart)->read ? 1 : 0;
    }
    EXPECT_NEAR(reads / 1e5, share, 0.01);
  }
}

}  // namespace
}  // namespace stator::cli
