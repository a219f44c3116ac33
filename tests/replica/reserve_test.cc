#include "kernel/replica/reserve.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "kernel/replica/store_room.h"

namespace stator {
namespace {

constexpr RoomLimits kLimits{1000, 200};
constexpr Room kRooms[] = {Room::ample, Room::soft_full, Room::hard_full};

using Rule = Room (*)(Room before, std::uint64_t free_bytes, const RoomLimits& limits);

bool worse(Room a, Room b) { return static_cast<int>(a) > static_cast<int>(b); }

/// The law of the reserve that a rule breaks first; empty: none.
std::string broken_law(Rule rule) {
  for (Room before : kRooms) {
    for (std::uint64_t free = 0; free < 2000; ++free) {
      const Room now = rule(before, free, kLimits);
      if (free < kLimits.soft && now == Room::ample) return "below the soft limit it is never ample";
      if (free < kLimits.hard && now != Room::hard_full) return "below the hard limit it is always hard";
      if (free >= kLimits.hard && before != Room::hard_full && now == Room::hard_full) return "hard above its limit";
      if (free >= kLimits.soft && before == Room::ample && now != Room::ample) return "soft above its limit";
      if (before != Room::ample && free == kLimits.soft && now == Room::ample) return "no way back at the very limit";
      if (before == Room::hard_full && free == kLimits.hard && now != Room::hard_full)
        return "no way back at the very limit";
      if (free >= 1250 && now != Room::ample) return "it gets well by itself";
      if (worse(rule(before, free + 1, kLimits), now)) return "more free is never worse";
      if (rule(now, free, kLimits) != now) return "to look again changes nothing";
    }
  }
  return "";
}

TEST(NextRoom, KeepsTheLawsOfTheReserve) { EXPECT_EQ(broken_law(next_room), ""); }

TEST(NextRoomLiar, OneThatIgnoresTheReserveIsCaught) {
  EXPECT_EQ(
      broken_law([](Room, std::uint64_t free, const RoomLimits&) { return free > 0 ? Room::ample : Room::hard_full; }),
      "below the soft limit it is never ample");
}
TEST(NextRoomLiar, OneWithoutAHardLimitIsCaught) {
  EXPECT_EQ(broken_law([](Room before, std::uint64_t free, const RoomLimits& limits) {
              return std::min(next_room(before, free, limits), Room::soft_full);
            }),
            "below the hard limit it is always hard");
}
TEST(NextRoomLiar, OneThatComesBackAtTheVeryLimitIsCaught) {
  EXPECT_EQ(broken_law([](Room, std::uint64_t free, const RoomLimits& limits) {
              return free < limits.hard ? Room::hard_full : free < limits.soft ? Room::soft_full : Room::ample;
            }),
            "no way back at the very limit");
}
TEST(NextRoomLiar, OneThatNeverComesBackIsCaught) {
  EXPECT_EQ(broken_law([](Room before, std::uint64_t free, const RoomLimits& limits) {
              return std::max(before, next_room(before, free, limits));
            }),
            "it gets well by itself");
}

TEST(NextRoom, GoesFromOneEndToTheOtherInOneStep) {
  EXPECT_EQ(next_room(Room::ample, 0, kLimits), Room::hard_full);
  EXPECT_EQ(next_room(Room::hard_full, 5000, kLimits), Room::ample);
  EXPECT_EQ(next_room(Room::hard_full, 225, kLimits), Room::soft_full);
  EXPECT_EQ(next_room(Room::soft_full, 1124, kLimits), Room::soft_full);
  EXPECT_EQ(next_room(Room::soft_full, 1125, kLimits), Room::ample);
}

TEST(NextRoom, WithoutLimitsIsAlwaysAmple) {
  for (Room before : kRooms) EXPECT_EQ(next_room(before, 0, {0, 0}), Room::ample);
}

TEST(LimitsOf, FollowFromTheDiskUnlessTheyAreSet) {
  const auto limits = [](Reserve reserve, std::uint64_t total) {
    const RoomLimits found = limits_of(reserve, total);
    return std::vector<std::uint64_t>{found.soft, found.hard};
  };
  const std::uint64_t gib = std::uint64_t{1} << 30;
  EXPECT_EQ(limits({}, 1000 * gib), (std::vector<std::uint64_t>{gib, gib / 4}));
  EXPECT_EQ(limits({}, 2000), (std::vector<std::uint64_t>{100, 25}));
  EXPECT_EQ(limits({400, {}}, 1000 * gib), (std::vector<std::uint64_t>{400, 100}));
  EXPECT_EQ(limits({400, 300}, 1000 * gib), (std::vector<std::uint64_t>{400, 300}));
  EXPECT_EQ(limits({{}, 2 * gib}, 1000 * gib), (std::vector<std::uint64_t>{2 * gib, 2 * gib}));
  EXPECT_EQ(limits({0, {}}, 1000 * gib), (std::vector<std::uint64_t>{0, 0}));
}

TEST(StoreRoom, TakesValuesAndRemovalsAsThereIsRoom) {
  StoreRoom room({1000, 200});
  EXPECT_TRUE(room.admit(true).is_ok());
  room.measured({999, 10'000});
  EXPECT_EQ(room.admit(true).code(), Code::storage_full);
  EXPECT_TRUE(room.admit(false).is_ok());
  room.measured({199, 10'000});
  EXPECT_EQ(room.admit(true).code(), Code::storage_full);
  EXPECT_EQ(room.admit(false).code(), Code::storage_full);
  EXPECT_EQ(room.writes_refused(), 3u);
  room.measured({5000, 10'000});
  EXPECT_TRUE(room.admit(true).is_ok());
}

TEST(StoreRoom, BelievesTheStorageMoreThanTheDisk) {
  StoreRoom room({1000, 200});
  int told = 0;
  room.set_listener([&told] { ++told; });
  room.measured({5000, 10'000});
  for (int i = 0; i < 3; ++i) room.note(Status(Code::storage_full, "no segment"));
  EXPECT_EQ(told, 1) << "once is enough";
  room.measured({5000, 10'000});
  EXPECT_EQ(room.admit(false).code(), Code::storage_full);
  room.note(Status(Code::internal, "another failure says nothing of room"));
  EXPECT_EQ(room.room(), Room::hard_full);
  room.note(Status::ok());
  EXPECT_EQ(room.room(), Room::ample);
}

}  // namespace
}  // namespace stator
