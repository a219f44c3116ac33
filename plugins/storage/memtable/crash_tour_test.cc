#include "stator/testing/crash_tour.h"

#include <gtest/gtest.h>

#include <iostream>

#include "memtable.h"

// Log, snapshot and recycling at every crash point. The liars that such a tour must catch are in tests/conformance.

namespace stator::memtable {
namespace {

// Over all tours together, so that a change that makes them shorter is noticed. Under a sanitizer a state takes ten
// times as long, and what a state can show there, a bad access, shows in far fewer.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kShare = 6;
constexpr std::uint64_t kFloor = 10'000;
#else
constexpr std::size_t kShare = 1;
constexpr std::uint64_t kFloor = 100'000;
#endif

struct Leg {
  const char* name;
  Memtable::Options options;
  testing::CrashTour tour;
};

TEST(MemtableCrashTour, EveryStateOfEveryCrashRecoversWhatWasAcknowledged) {
  constexpr Memtable::Options kSnapshots{.segment_bytes = 4096, .snapshot_after_bytes = 5000};
  constexpr Memtable::Options kLarger{.segment_bytes = 16 << 10, .snapshot_after_bytes = 40 << 10};
  constexpr Memtable::Options kLogAlone{.segment_bytes = 4096, .snapshot_after_bytes = 1 << 30};
  const Leg legs[] = {
      {"log, snapshots and recycling", kSnapshots, {.batches = 150, .outcomes_in_recovery = 5}},
      {"frames of one size in recycled files",
       kSnapshots,
       {.batches = 200, .uniform = true, .outcomes_in_recovery = 5}},
      {"frames of several sectors", kLarger, {.batches = 90, .padding = 3000}},
      {"the log alone", kLogAlone, {.batches = 100}},
  };
  std::uint64_t states = 0;
  for (const Leg& leg : legs) {
    const testing::StorageUnderTest storage{
        .make = [&leg](Host& host) { return std::make_unique<Memtable>(host, leg.options); }};
    testing::CrashTour share = leg.tour;
    share.batches /= kShare;
    const testing::CrashTourReport report = tour_crashes(storage, share);
    EXPECT_EQ(report.violation, "") << leg.name;
    std::cout << leg.name << ": " << report.points << " crash points, " << report.states << " states\n";
    states += report.states;
  }
  std::cout << "recovered from " << states << " states in all\n";
  EXPECT_GE(states, kFloor);
}

}  // namespace
}  // namespace stator::memtable
