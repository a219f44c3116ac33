#include "stator/testing/damage_tour.h"

#include <gtest/gtest.h>

#include <iostream>

#include "memtable.h"

// Every byte of every file, changed or cut off. What lies by it, and damage after a crash, are in damage_test.cc.

namespace stator::memtable {
namespace {

// Under a sanitizer each takes ten times as long.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kEvery = 13;
#else
constexpr std::uint64_t kEvery = 1;
#endif

void tour(const char* name, Memtable::Options options, testing::DamageTour tour) {
  tour.every = kEvery;
  const testing::StorageUnderTest storage{
      .make = [options](Host& host) { return std::make_unique<Memtable>(host, options); }};
  const testing::DamageTourReport report = tour_damage(storage, tour);
  EXPECT_EQ(report.violation, "") << name;
  EXPECT_GT(report.mended, 0U);
  EXPECT_GT(report.refused, 0U);
  EXPECT_GT(report.examined, 0U);
  std::cout << name << ": " << report.cases << " damages, " << report.mended << " harmless or mended, "
            << report.refused << " refused\n";
}

TEST(MemtableDamageTour, TheLog) {
  tour("the log", {.segment_bytes = 4096, .snapshot_after_bytes = 1 << 30}, {.batches = 12});
}

TEST(MemtableDamageTour, SnapshotAndLog) {
  tour("snapshot and log", {.segment_bytes = 4096, .snapshot_after_bytes = 3000}, {.batches = 25});
}

/// Hints are keys of the kernel's second space, in the same files.
TEST(MemtableDamageTour, Hints) {
  tour("hints", {.segment_bytes = 4096, .snapshot_after_bytes = 3000}, {.batches = 25, .keys_begin = "\2node-b"});
}

}  // namespace
}  // namespace stator::memtable
