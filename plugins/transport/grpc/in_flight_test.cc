#include "in_flight.h"

#include <gtest/gtest.h>

#include <set>

namespace stator::grpc_transport {
namespace {

TimePoint at(int millis) { return TimePoint(std::chrono::milliseconds(millis)); }

Transport::Done noting(std::vector<int>& who, int name) {
  return [&who, name](const Result<Frame>&) { who.push_back(name); };
}

void tell(std::vector<Transport::Done> all) {
  for (Transport::Done& done : all) done(Status(Code::unavailable, "over"));
}

TEST(InFlight, TakesEachOnce) {
  std::vector<int> told;
  InFlight calls;
  std::uint64_t first = calls.add(at(10), noting(told, 1));
  std::uint64_t second = calls.add(at(10), noting(told, 2));
  EXPECT_NE(first, 0u);
  EXPECT_NE(first, second);
  calls.take(second)(Frame());
  EXPECT_EQ(told, std::vector<int>{2});
  EXPECT_FALSE(calls.take(second));
  EXPECT_EQ(calls.size(), 1u);
}

TEST(InFlight, KnowsNoIdItDidNotGive) {
  InFlight calls;
  EXPECT_FALSE(calls.take(0));
  EXPECT_FALSE(calls.take(0xFFFFFFFFFFFFFFFF));
}

TEST(InFlight, ALateReplyFindsNobodyThoughItsPlaceIsTakenAgain) {
  std::vector<int> told;
  InFlight calls;
  std::set<std::uint64_t> given;
  for (int round = 0; round < 1000; ++round) {
    std::uint64_t id = calls.add(at(round), noting(told, round));
    EXPECT_TRUE(given.insert(id).second);
    tell(calls.take_due(at(round)));
    EXPECT_FALSE(calls.take(id));
  }
  EXPECT_EQ(told.size(), 1000u);
}

TEST(InFlight, TakesWhatIsDueAndNothingElse) {
  std::vector<int> told;
  InFlight calls;
  calls.add(at(30), noting(told, 30));
  calls.add(at(10), noting(told, 10));
  calls.add(at(20), noting(told, 20));
  EXPECT_EQ(calls.earliest(), at(10));
  EXPECT_TRUE(calls.take_due(at(9)).empty());
  tell(calls.take_due(at(20)));
  EXPECT_EQ(std::set<int>(told.begin(), told.end()), (std::set<int>{10, 20}));
  EXPECT_EQ(calls.earliest(), at(30));
  tell(calls.take_all());
  EXPECT_EQ(told.size(), 3u);
  EXPECT_EQ(calls.earliest(), TimePoint::max());
}

}  // namespace
}  // namespace stator::grpc_transport
