#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_storage.h"

namespace stator::memtable {
namespace {

using ::testing::HasSubstr;

using Contents = std::map<Bytes, Bytes>;

/// A closed storage with some writes in it.
struct Damage : ::testing::Test {
  void fill(int writes, Memtable::Options options = kSmall, int from = 0) {
    Process process(disk, options);
    ASSERT_TRUE(process.open().is_ok());
    for (int i = from; i < from + writes; ++i) {
      before_last = contents;
      const Bytes key = "key" + std::to_string(i);
      ASSERT_TRUE(process.put(key, Bytes(100, static_cast<char>('a' + i % 26))).is_ok());
      contents[key] = Bytes(100, static_cast<char>('a' + i % 26));
      process.host.run_all();
    }
    segments = process.names(".wal");
    snapshots = process.names(".snapshot");
  }
  Status open() {
    Process process(disk);
    Status opened = process.open();
    found = opened.is_ok() ? process.contents() : Contents();
    warned = !process.host.logged(LogLevel::warning).empty();
    return opened;
  }
  static Path path(const std::string& name) { return kPath + "/" + name; }
  std::uint64_t end_of_log(const std::string& name) const {
    return disk.contents(path(name)).find_last_not_of('\0') + 1;
  }

  testing::ModelledDisk disk;
  Contents contents;
  Contents before_last;
  Contents found;
  bool warned = false;
  std::vector<std::string> segments;
  std::vector<std::string> snapshots;
};

TEST_F(Damage, InTheLogIsRefusedAtEveryByteButInTheLastFrameCut) {
  fill(8);
  const std::string log = segments.front();
  const std::uint64_t size = disk.contents(path(log)).size();
  const std::uint64_t end = end_of_log(log);
  bool refused_any = false;
  bool cut_any = false;
  bool in_last_frame = false;
  for (std::uint64_t offset = 0; offset < size; ++offset) {
    auto pristine = disk.copy();
    disk.corrupt(path(log), offset, '\x10');
    const Status opened = open();
    if (!opened.is_ok()) {
      refused_any = true;
      EXPECT_FALSE(in_last_frame) << "refused at " << offset << ", after a cut at an earlier place";
      EXPECT_EQ(opened.code(), Code::data_loss);
      EXPECT_THAT(opened.message(), HasSubstr(path(log)));
      EXPECT_THAT(opened.message(), HasSubstr("offset"));
    } else if (found == before_last) {
      cut_any = in_last_frame = true;
      EXPECT_TRUE(warned) << "cut in silence at " << offset;
      EXPECT_LT(offset, end + 8);
    } else {
      EXPECT_EQ(found, contents) << offset;
      EXPECT_GE(offset, end);
    }
    disk.replace(path(log), pristine->contents(path(log)));
  }
  EXPECT_TRUE(refused_any);
  EXPECT_TRUE(cut_any);
}

TEST_F(Damage, IsNamedWithTheOffsetOfTheFrame) {
  fill(3);
  disk.corrupt(path(segments.front()), kSegmentHeader + 30, '\x01');
  EXPECT_THAT(open().message(), HasSubstr(path(segments.front()) + " is damaged at offset 32"));
}

TEST_F(Damage, AValueThatHoldsAFrameIsNotTakenForOneWhenItsOwnIsTorn) {
  fill(3);
  const Path log = path(segments.front());
  const Bytes frames = disk.contents(log).substr(kSegmentHeader, end_of_log(segments.front()) - kSegmentHeader);
  {
    Process process(disk);
    ASSERT_TRUE(process.open().is_ok());
    // At every place of eight, wherever the value begins.
    for (std::size_t shift = 0; shift < 8; ++shift) {
      ASSERT_TRUE(process.put("copy", Bytes(shift, 'x') + frames).is_ok());
    }
    contents["copy"] = Bytes(6, 'x') + frames;
  }
  disk.corrupt(log, end_of_log(segments.front()) - frames.size() - 20, '\x01');
  ASSERT_TRUE(open().is_ok());
  EXPECT_EQ(found, contents);
  EXPECT_TRUE(warned);
}

TEST_F(Damage, InTheLastFrameOfAnEarlierSegmentIsRefused) {
  fill(60, {.segment_bytes = 4096, .snapshot_after_bytes = 1 << 30});
  ASSERT_GE(segments.size(), 3U);
  const std::string first = segments.front();
  disk.corrupt(path(first), end_of_log(first) - 20, '\x01');
  const Status opened = open();
  EXPECT_EQ(opened.code(), Code::data_loss);
  EXPECT_THAT(opened.message(), HasSubstr(path(first)));
}

TEST_F(Damage, AFrameWipedFromTheEndOfAnEarlierSegmentIsRefused) {
  fill(60, {.segment_bytes = 4096, .snapshot_after_bytes = 1 << 30});
  const Path first = path(segments.front());
  Bytes bytes = disk.contents(first);
  std::uint64_t last = 0;
  const SegmentWalk walk =
      walk_segment(bytes, *decode_segment_header(bytes), [&](const Frame& frame) { last = frame.size; });
  bytes.replace(walk.end - last, last, Bytes(last, '\0'));
  disk.replace(first, bytes);
  const Status opened = open();
  EXPECT_EQ(opened.code(), Code::data_loss);
  EXPECT_THAT(opened.message(), HasSubstr(first + " is damaged at offset " + std::to_string(walk.end - last)));
}

TEST_F(Damage, SomethingAfterTheEndOfAnEarlierSegmentIsRefused) {
  fill(60, {.segment_bytes = 4096, .snapshot_after_bytes = 1 << 30});
  disk.corrupt(path(segments.front()), end_of_log(segments.front()) + 10, '\x01');
  EXPECT_EQ(open().code(), Code::data_loss);
}

TEST_F(Damage, ALogLostAfterItsSnapshotIsRefused) {
  fill(80);
  for (const std::string& name : segments) disk.lose(path(name));
  const Status opened = open();
  EXPECT_EQ(opened.code(), Code::data_loss);
  EXPECT_THAT(opened.message(), HasSubstr("missing"));
}

TEST_F(Damage, AMissingSegmentIsRefused) {
  fill(60, {.segment_bytes = 4096, .snapshot_after_bytes = 1 << 30});
  for (const std::string& name : {segments.front(), segments[1]}) {
    auto pristine = disk.copy();
    disk.lose(path(name));
    const Status opened = open();
    EXPECT_EQ(opened.code(), Code::data_loss);
    EXPECT_THAT(opened.message(), HasSubstr(path(name)));
    disk.replace(path(name), pristine->contents(path(name)));
  }
  EXPECT_TRUE(open().is_ok());
}

TEST_F(Damage, InASnapshotIsRefusedAtEveryByte) {
  fill(80);
  ASSERT_EQ(snapshots.size(), 1U);
  const Path snapshot = path(snapshots.front());
  const Bytes pristine = disk.contents(snapshot);
  for (std::uint64_t offset = 0; offset < pristine.size(); ++offset) {
    disk.corrupt(snapshot, offset, '\x04');
    const Status opened = open();
    ASSERT_EQ(opened.code(), Code::data_loss) << offset;
    EXPECT_THAT(opened.message(), HasSubstr(snapshot));
    EXPECT_THAT(opened.message(), HasSubstr("offset"));
    disk.replace(snapshot, pristine);
  }
  ASSERT_TRUE(open().is_ok());
  EXPECT_EQ(found, contents);
}

TEST_F(Damage, ATruncatedOrLongerSnapshotIsRefused) {
  fill(80);
  const Path snapshot = path(snapshots.front());
  const Bytes pristine = disk.contents(snapshot);
  for (std::size_t size = 0; size < pristine.size(); size += 7) {
    disk.replace(snapshot, pristine.substr(0, size));
    EXPECT_EQ(open().code(), Code::data_loss) << size;
  }
  disk.replace(snapshot, pristine + "x");
  EXPECT_EQ(open().code(), Code::data_loss);
}

TEST_F(Damage, ALostSnapshotIsRefused) {
  fill(80);
  disk.lose(path(snapshots.front()));
  EXPECT_EQ(open().code(), Code::data_loss);
}

TEST_F(Damage, AnOlderSnapshotDoesIfItsLogIsStillThere) {
  fill(60);
  auto older = disk.copy();  // with its log, as a crash before that was removed leaves it
  const std::vector<std::string> older_files = [&] {
    std::vector<std::string> names = segments;
    names.insert(names.end(), snapshots.begin(), snapshots.end());
    return names;
  }();
  const std::string older_snapshot = snapshots.front();
  testing::ModelledDisk merged;
  {
    // The same history goes on, and its next snapshot is made without the old files being removed.
    Process process(disk);
    ASSERT_TRUE(process.open().is_ok());
    for (int i = 60; snapshots.front() == older_snapshot; ++i) {
      ASSERT_TRUE(process.put("key" + std::to_string(i), "later").is_ok());
      contents["key" + std::to_string(i)] = "later";
      for (const std::string& name : process.names(".wal")) merged.replace(path(name), disk.contents(path(name)));
      process.host.run_all();
      snapshots = process.names(".snapshot");
      for (const std::string& name : process.names(".wal")) {
        if (name > process.storage->stats().paths["snapshot"].substr(kPath.size() + 1)) {
          merged.replace(path(name), disk.contents(path(name)));
        }
      }
    }
  }
  merged.replace(path("FORMAT"), disk.contents(path("FORMAT")));
  merged.replace(path(older_snapshot), older->contents(path(older_snapshot)));
  Bytes damaged_snapshot = disk.contents(path(snapshots.front()));
  damaged_snapshot[40] = static_cast<char>(damaged_snapshot[40] ^ 1);
  merged.replace(path(snapshots.front()), damaged_snapshot);
  {
    // The older snapshot is no excuse for what the newest one and the log after it held.
    auto without_end = merged.copy();
    const std::string newest = snapshots.front().substr(0, snapshots.front().find('.'));
    Process process(*without_end);
    for (const std::string& name : process.names(".wal")) {
      if (name >= newest) without_end->lose(path(name));
    }
    EXPECT_EQ(process.open().code(), Code::data_loss);
  }
  {
    Process process(merged);
    ASSERT_TRUE(process.open().is_ok());
    EXPECT_EQ(process.contents(), contents);
    EXPECT_THAT(process.host.logged(LogLevel::warning), ::testing::Contains(HasSubstr("without the newest snapshot")));
  }
}

TEST_F(Damage, AnotherFormatIsRefusedByName) {
  fill(1);
  disk.replace(path("FORMAT"), "stator memtable 2\n");
  const Status opened = open();
  EXPECT_EQ(opened.code(), Code::failed_precondition);
  EXPECT_THAT(opened.message(), HasSubstr("stator memtable 2"));
  EXPECT_THAT(opened.message(), HasSubstr(kPath));
}

TEST_F(Damage, ALostFormatIsNoReasonToStartAnew) {
  fill(1);
  disk.lose(path("FORMAT"));
  EXPECT_EQ(open().code(), Code::data_loss);
}

TEST_F(Damage, ADirectoryOfSomethingElseIsRefused) {
  disk.replace(path("holiday.jpg"), "not ours");
  const Status opened = open();
  EXPECT_EQ(opened.code(), Code::failed_precondition);
  EXPECT_THAT(opened.message(), HasSubstr("holiday.jpg"));
}

}  // namespace
}  // namespace stator::memtable
