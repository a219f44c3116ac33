#include "examination.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "encoding.h"
#include "test_storage.h"

namespace stator::memtable {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Contents = std::map<Bytes, Bytes>;

// That an examination agrees with open() about every damage is in damage_tour_test.cc.

/// A closed storage, and what an examination says of it.
struct Examination : ::testing::Test {
  void fill(int writes, Memtable::Options options = {.segment_bytes = 4096, .snapshot_after_bytes = 1 << 30}) {
    Process process(disk, options);
    ASSERT_TRUE(process.open().is_ok());
    for (int i = 0; i < writes; ++i) {
      ASSERT_TRUE(process.put(key(i), value(i)).is_ok());
      process.host.run_all();
    }
    segments = process.names(".wal");
    snapshots = process.names(".snapshot");
  }
  static Bytes key(int i) { return "key" + std::to_string(1000 + i); }
  static Bytes value(int i) { return Bytes(100, static_cast<char>('a' + i % 26)) + std::to_string(i); }
  static Path path(const std::string& name) { return kPath + "/" + name; }

  void examine() {
    Process process(disk);
    visited.clear();
    const Result<StorageFindings> found = process.storage->examine(kPath, [this](BytesView key, BytesView value) {
      visited.emplace(key, value);
      return true;
    });
    ASSERT_TRUE(found.is_ok()) << found.status().text();
    findings = *found;
  }
  /// The file and the place of a value in it, in the place of its frame and not of its second copy.
  std::pair<Path, std::uint64_t> place_of(int i) const {
    for (const std::string& name : segments) {
      const std::size_t at = disk.contents(path(name)).find(value(i), std::size_t{3} * 4096);
      if (at != Bytes::npos) return {path(name), at};
    }
    return {};
  }
  void expect_lost(const std::vector<int>& lost, int writes) {
    for (int i = 0; i < writes; ++i) {
      const bool kept = std::find(lost.begin(), lost.end(), i) == lost.end();
      EXPECT_EQ(visited.contains(key(i)), kept) << i;
      if (kept) {
        EXPECT_EQ(visited[key(i)], value(i));
      }
    }
  }

  testing::ModelledDisk disk;
  StorageFindings findings;
  Contents visited;
  std::vector<std::string> segments;
  std::vector<std::string> snapshots;
};

TEST_F(Examination, FindsNoFaultInWhatIsSound) {
  fill(100, kSmall);
  examine();
  EXPECT_THAT(findings.faults, IsEmpty());
  EXPECT_EQ(findings.counts["segments"], segments.size());
  EXPECT_EQ(findings.counts["snapshots"], 1U);
  expect_lost({}, 100);
}

TEST_F(Examination, LosesTheDamagedFrameAloneAndSaysWhere) {
  fill(60);
  const auto [file, at] = place_of(7);
  disk.corrupt(file, at, '\x01');
  examine();
  ASSERT_THAT(findings.faults, SizeIs(1));
  const StorageFault& fault = findings.faults.front();
  EXPECT_EQ(fault.file, file);
  EXPECT_LT(fault.offset, at);
  EXPECT_GT(fault.offset + fault.bytes, at);
  expect_lost({7}, 60);
}

TEST_F(Examination, TellsEveryDamageAndNotTheFirstAlone) {
  fill(60);
  ASSERT_GT(segments.size(), 2U);
  for (int i : {3, 20, 21, 50}) {
    const auto [file, at] = place_of(i);
    disk.corrupt(file, at, '\x01');
  }
  examine();
  EXPECT_THAT(findings.faults, SizeIs(3)) << "two of them are one gap";
  expect_lost({3, 20, 21, 50}, 60);
}

TEST_F(Examination, TakesAnOlderValueForOneThatIsDamaged) {
  fill(30);
  {
    Process process(disk);
    ASSERT_TRUE(process.open().is_ok());
    ASSERT_TRUE(process.put(key(4), value(40)).is_ok());
    for (int i = 30; i < 34; ++i) ASSERT_TRUE(process.put(key(i), value(i)).is_ok());
    segments = process.names(".wal");
  }
  const auto [file, at] = place_of(40);
  disk.corrupt(file, at, '\x01');
  examine();
  EXPECT_THAT(findings.faults, SizeIs(1));
  expect_lost({}, 34);
}

TEST_F(Examination, NoFrameOfASegmentWithoutItsHeaderIsTakenForValid) {
  fill(60);
  disk.corrupt(path(segments[1]), 20, '\x01');
  examine();
  ASSERT_THAT(findings.faults, SizeIs(1));
  EXPECT_EQ(findings.faults.front().file, path(segments[1]));
  EXPECT_EQ(findings.faults.front().bytes, disk.contents(path(segments[1])).size());
  EXPECT_EQ(visited[key(0)], value(0));
  EXPECT_EQ(visited[key(59)], value(59));
  EXPECT_LT(visited.size(), 60U);
}

TEST_F(Examination, ALostSegmentIsAFaultOfItsOwn) {
  fill(60);
  disk.lose(path(segments[1]));
  examine();
  ASSERT_THAT(findings.faults, SizeIs(1));
  EXPECT_EQ(findings.faults.front().file, path(segments[1]));
  EXPECT_THAT(findings.faults.front().what, HasSubstr("missing"));
  EXPECT_EQ(visited[key(59)], value(59));
}

TEST_F(Examination, ADamagedBlockOfASnapshotIsPassedOver) {
  const int writes = 600;
  {
    Process process(disk, {.segment_bytes = 1 << 20, .snapshot_after_bytes = 1 << 20});
    ASSERT_TRUE(process.open().is_ok());
    for (int i = 0; i < writes; ++i) {
      ASSERT_TRUE(process.put(key(i), value(i) + Bytes(2000, 'x')).is_ok());
      process.host.run_all();
    }
    segments = process.names(".wal");
    snapshots = process.names(".snapshot");
  }
  ASSERT_THAT(snapshots, SizeIs(1));
  // Those that the snapshot replaced may still be there, to be used again, and would do in its place.
  for (const std::string& name : segments) {
    if (name.substr(0, 12) < snapshots.front().substr(0, 12)) disk.lose(path(name));
  }
  const Path file = path(snapshots.front());
  const std::size_t size = disk.contents(file).size();
  ASSERT_GT(size, 3U * 260 * 1024) << "several blocks";
  disk.corrupt(file, std::uint64_t{300} * 1024, '\x01');
  examine();
  ASSERT_THAT(findings.faults, SizeIs(1));
  EXPECT_EQ(findings.faults.front().file, file);
  EXPECT_GT(findings.faults.front().bytes, 256U * 1024);
  EXPECT_LT(findings.faults.front().bytes, 270U * 1024);
  EXPECT_TRUE(visited.contains(key(0)));
  EXPECT_TRUE(visited.contains(key(writes - 1)));
  EXPECT_GT(visited.size(), static_cast<std::size_t>(writes) * 2 / 3);
  EXPECT_LT(visited.size(), static_cast<std::size_t>(writes));
}

TEST_F(Examination, IsRefusedWhileAProcessHasTheDirectory) {
  fill(3);
  Process process(disk);
  ASSERT_TRUE(process.open().is_ok());
  Process other(disk);
  const auto found = other.storage->examine(kPath, [](BytesView, BytesView) { return true; });
  EXPECT_EQ(found.status().code(), Code::unavailable);
}

}  // namespace
}  // namespace stator::memtable
