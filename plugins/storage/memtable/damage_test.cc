#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "encoding.h"
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
      // Data, and hints, which are in the kernel's second space.
      const Bytes key = (i % 3 == 2 ? "\x02key" : "key") + std::to_string(i);
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
  static void expect_refusal(const Status& opened, const Path& file) {
    EXPECT_EQ(opened.code(), Code::data_loss);
    EXPECT_THAT(opened.message(), HasSubstr(file));
    EXPECT_THAT(opened.message(), HasSubstr("offset"));
    EXPECT_THAT(opened.message(), HasSubstr("stator storage quarantine " + kPath));
  }
  static Path path(const std::string& name) { return kPath + "/" + name; }
  std::uint64_t end_of_log(const std::string& name) const {
    return disk.contents(path(name)).find_last_not_of('\0') + 1;
  }

  testing::ModelledDisk disk;
  Contents contents;
  Contents found;
  bool warned = false;
  std::vector<std::string> segments;
  std::vector<std::string> snapshots;
};

TEST_F(Damage, AtAnyByteOfTheLogIsMendedOrRefused) {
  fill(8);
  const std::string log = segments.front();
  const Bytes pristine = disk.contents(path(log));
  int refused = 0;
  int mended = 0;
  for (std::uint64_t offset = 0; offset < pristine.size(); ++offset) {
    for (const char mask : {'\x10', '\xff'}) {
      disk.corrupt(path(log), offset, mask);
      const Status opened = open();
      if (opened.is_ok()) {
        ASSERT_EQ(found, contents) << offset;
        mended += disk.contents(path(log)) == pristine ? 1 : 0;
      } else {
        ++refused;
        expect_refusal(opened, path(log));
      }
      disk.replace(path(log), pristine);
    }
  }
  // Of the last two frames there is another copy, of the others only the knowledge that they were synced.
  EXPECT_GT(refused, 0);
  EXPECT_GT(mended, 0);
}

TEST_F(Damage, ALogThatWasCutShortAnywhereIsRefused) {
  fill(8);
  const std::string log = segments.front();
  const Bytes pristine = disk.contents(path(log));
  for (std::size_t size = 0; size < pristine.size(); ++size) {
    disk.replace(path(log), pristine.substr(0, size));
    expect_refusal(open(), path(log));
  }
}

TEST_F(Damage, AWholePageGoneIsMendedOrRefused) {
  fill(8);
  const std::string log = segments.front();
  const Bytes pristine = disk.contents(path(log));
  for (std::size_t page = 0; page < pristine.size(); page += 4096) {
    for (const char filling : {'\0', '\x5a'}) {
      Bytes bytes = pristine;
      bytes.replace(page, 4096, 4096, filling);
      disk.replace(path(log), bytes);
      const Status opened = open();
      if (opened.is_ok()) {
        EXPECT_EQ(found, contents) << page;
      } else {
        expect_refusal(opened, path(log));
      }
    }
  }
}

TEST_F(Damage, OfTheLastFrameIsMendedAndNoted) {
  fill(8);
  const Path log = path(segments.front());
  disk.corrupt(log, end_of_log(segments.front()) - 20, '\x01');
  ASSERT_TRUE(open().is_ok());
  EXPECT_EQ(found, contents);
  EXPECT_TRUE(warned);
  ASSERT_TRUE(open().is_ok());
  EXPECT_EQ(found, contents);
  EXPECT_FALSE(warned);
}

TEST_F(Damage, OfAFrameTooLargeForASecondCopyIsRefused) {
  fill(3);
  {
    Process process(disk);
    ASSERT_TRUE(process.open().is_ok());
    ASSERT_TRUE(process.put("large", Bytes(9000, 'l')).is_ok());
    segments = process.names(".wal");
  }
  for (const std::string& name : segments) {
    const std::size_t at = disk.contents(path(name)).find("llllll");
    if (at == Bytes::npos) continue;
    disk.corrupt(path(name), at + 4000, '\x01');
    return expect_refusal(open(), path(name));
  }
  FAIL() << "no log holds it";
}

TEST_F(Damage, WithACrashOnTopIsNeverASilentLoss) {
  // The last acknowledged frame is damaged, and the power goes while the next is being written.
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    testing::ModelledDisk fresh;
    std::uint64_t end = 0;
    Contents acknowledged;
    {
      Process process(fresh);
      ASSERT_TRUE(process.open().is_ok());
      for (const char* key : {"a", "b", "c"}) {
        ASSERT_TRUE(process.put(key, Bytes(900, *key)).is_ok());
        acknowledged[key] = Bytes(900, *key);
      }
      end = fresh.contents(path("000000000001.wal")).find_last_not_of('\0') + 1;
      fresh.fail_sync_at(1, Status(Code::internal, "cable"));
      ASSERT_FALSE(process.put("d", Bytes(900, 'd')).is_ok());
    }
    fresh.crash(seed);
    fresh.corrupt(path("000000000001.wal"), end - 100, '\x01');
    Process process(fresh);
    const Status opened = process.open();
    if (!opened.is_ok()) {
      expect_refusal(opened, path("000000000001.wal"));
      continue;
    }
    Contents now = process.contents();
    now.erase("d");
    EXPECT_EQ(now, acknowledged) << seed;
  }
}

TEST_F(Damage, IsNamedWithTheOffsetOfTheFrame) {
  fill(6);
  const std::uint64_t begin = make_segment_header({}, 4096).begin();
  disk.corrupt(path(segments.front()), begin + 30, '\x01');
  EXPECT_THAT(open().message(), HasSubstr(path(segments.front()) + " is damaged at offset " + std::to_string(begin)));
}

TEST_F(Damage, AValueThatHoldsAFrameIsNotTakenForOneWhenItsOwnIsTorn) {
  fill(3);
  const Path log = path(segments.front());
  const std::uint64_t begin = make_segment_header({}, 4096).begin();
  const Bytes frames = disk.contents(log).substr(begin, end_of_log(segments.front()) - begin);
  Contents without_last;
  {
    Process process(disk);
    ASSERT_TRUE(process.open().is_ok());
    // At every place of eight, wherever the value begins.
    for (std::size_t shift = 0; shift < 8; ++shift) {
      without_last = process.contents();
      ASSERT_TRUE(process.put("copy", Bytes(shift, 'x') + frames).is_ok());
    }
  }
  // Both copies, as a write leaves them that was torn.
  const Bytes bytes = disk.contents(log);
  disk.corrupt(log, end_of_log(segments.front()) - frames.size() - 20, '\x01');
  for (std::uint64_t slot : {0, 1}) {
    const std::uint64_t at = make_segment_header({}, 4096).slot(slot);
    if (load_number<std::uint64_t>(bytes.data() + at) + 1000 > end_of_log(segments.front()))
      disk.corrupt(log, at + 60, '\x01');
  }
  ASSERT_TRUE(open().is_ok());
  EXPECT_EQ(found, without_last);
  EXPECT_TRUE(warned);
}

TEST_F(Damage, InTheLastFrameOfAnEarlierSegmentIsMended) {
  fill(60, {.segment_bytes = 4096, .snapshot_after_bytes = 1 << 30});
  ASSERT_GE(segments.size(), 3U);
  const std::string first = segments.front();
  const Bytes pristine = disk.contents(path(first));
  disk.corrupt(path(first), end_of_log(first) - 20, '\x01');
  ASSERT_TRUE(open().is_ok());
  EXPECT_EQ(found, contents);
  EXPECT_TRUE(warned);
  EXPECT_EQ(disk.contents(path(first)), pristine);
}

TEST_F(Damage, AFrameWipedFromTheEndOfAnEarlierSegmentIsRefused) {
  fill(60, {.segment_bytes = 4096, .snapshot_after_bytes = 1 << 30});
  const Path first = path(segments.front());
  Bytes bytes = disk.contents(first);
  std::uint64_t last = 0;
  const SegmentHeader header = *decode_segment_header(bytes);
  const SegmentWalk walk = walk_segment(bytes, header, [&](const Frame& frame) { last = frame.size; });
  const std::uint64_t end = walk.end;
  // With its second copy: one alone is mended.
  bytes.replace(header.slot(walk.last_slot), 100, Bytes(100, '\0'));
  bytes.replace(end - last, last, Bytes(last, '\0'));
  disk.replace(first, bytes);
  const Status opened = open();
  EXPECT_EQ(opened.code(), Code::data_loss);
  EXPECT_THAT(opened.message(), HasSubstr(first + " is damaged at offset " + std::to_string(end - last)));
}

TEST_F(Damage, SomethingAfterTheEndOfAnEarlierSegmentIsRefused) {
  fill(60, {.segment_bytes = 4160, .snapshot_after_bytes = 1 << 30});
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
  for (std::size_t size = 0; size < pristine.size(); ++size) {
    disk.replace(snapshot, pristine.substr(0, size));
    expect_refusal(open(), snapshot);
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
  disk.replace(path("FORMAT"), "stator memtable 3\n");
  const Status opened = open();
  EXPECT_EQ(opened.code(), Code::failed_precondition);
  EXPECT_THAT(opened.message(), HasSubstr("stator memtable 3"));
  EXPECT_THAT(opened.message(), HasSubstr(kPath));
}

TEST_F(Damage, ADamagedFormatIsMendedOrRefused) {
  fill(3);
  const Path format = path("FORMAT");
  const Bytes pristine = disk.contents(format);
  for (std::size_t at = 0; at < pristine.size(); ++at) {
    disk.corrupt(format, at, '\x03');
    const Status opened = open();
    if (opened.is_ok()) {
      EXPECT_EQ(found, contents);
    } else {
      EXPECT_THAT(opened.message(), HasSubstr(format));
    }
    disk.replace(format, pristine.substr(0, at));
    expect_refusal(open(), format);
    disk.replace(format, pristine);
  }
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
