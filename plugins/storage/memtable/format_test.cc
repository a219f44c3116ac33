#include <gtest/gtest.h>

#include "crc32c.h"
#include "test_storage.h"

// The formats on disk, byte for byte. A change here is a change of format: what was written by an older build must
// open.

namespace stator::memtable {
namespace {

const SegmentId kSegment{7, 0x0123456789abcdef};
constexpr std::uint32_t kPrevious = 0x11223344;

const SegmentHeader kHeader{.id = kSegment, .slot_bytes = 4096, .capacity = 16384};
const Bytes kGoldenHeader =
    "535441544f524c4702000000fa2c5a9c0700000000000000efcdab89674523010010000000000000"
    "0040000000000000";
const Bytes kGoldenHeader1 = "535441544f524c47010000000c1a932d0700000000000000efcdab8967452301";
// Of frames of version 1, their place: just after such a header. The frames themselves are the same in both versions.
constexpr std::uint64_t kOldBegin = 32;

// put "dat-key" = "value", remove "gone"
const Bytes kGoldenFrame =
    "534c46310100000018000000a3d704a1443322110700000002"
    "0107056461742d6b657976616c75650004676f6e650000";

// put "dat-key" = "value", the first frame of a segment of version 2
const Bytes kGoldenEcho =
    "0030000000000000534c46310100000010000000517ecaa34433221107000000010107056461742d6b657976616c7565";

// previous as above; "dat-key" = "old", "dat-zoo" = ""
const Bytes kGoldenSnapshot =
    "535441544f52534e010000007cdf1fce07000000000000004433221100000000"
    "1500000094647af707036461742d6b65796f6c6407006461742d7a6f6f"
    "00000000656f1ef50200000000000000";

Bytes hex(BytesView bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  Bytes text;
  for (char byte : bytes) {
    const auto number = static_cast<unsigned char>(byte);
    text.append(1, kDigits[number >> 4]).append(1, kDigits[number & 15]);
  }
  return text;
}

Bytes unhex(const Bytes& text) {
  Bytes bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

TEST(Format, ChecksumsAreCrc32c) {
  EXPECT_EQ(crc32c(0, "123456789"), 0xe3069283U);  // the check value of the algorithm's definition
  EXPECT_EQ(crc32c(crc32c(0, "1234"), "56789"), 0xe3069283U);
}

TEST(Format, SegmentHeader) {
  EXPECT_EQ(hex(encode_segment_header(kHeader)), kGoldenHeader);
  EXPECT_EQ(decode_segment_header(unhex(kGoldenHeader)), kHeader);
  EXPECT_EQ(decode_segment_header(unhex(kGoldenHeader1)), SegmentHeader{.id = kSegment});
  EXPECT_EQ(SegmentHeader{.id = kSegment}.begin(), kOldBegin);
}

TEST(Format, Frame) {
  FrameBuffer buffer;
  const Mutation batch[] = {{.key = "dat-key", .value = "value"}, {.key = "gone", .remove = true}};
  ASSERT_TRUE(buffer.fill(batch).is_ok());
  buffer.seal({kSegment, kOldBegin, kPrevious});
  EXPECT_EQ(hex(buffer.frame()), kGoldenFrame);
  EXPECT_EQ(hex(buffer.echo()), "2000000000000000" + kGoldenFrame);
}

TEST(Format, Snapshot) {
  Index index;
  index.apply({.key = "dat-zoo", .value = ""});
  index.apply({.key = "dat-key", .value = "old"});
  testing::ModelledDisk disk;
  testing::ModelledFiles files(disk);
  ASSERT_TRUE(files.create_directory("/data").is_ok());
  const SnapshotHead head{kSegment.sequence, kPrevious};
  ASSERT_TRUE(write_snapshot(files, "/data/s", head, index, [] { return false; }).is_ok());
  EXPECT_EQ(hex(disk.contents("/data/s")), kGoldenSnapshot);
}

TEST(Format, SlotsAreOnPagesOfTheirOwn) {
  for (std::uint64_t bytes : {4096, 65536, 1 << 20, 64 << 20, 1 << 30}) {
    const SegmentHeader header = make_segment_header(kSegment, bytes);
    EXPECT_EQ(header.slot(0), 4096U);
    EXPECT_EQ(header.slot_bytes % 4096, 0U);
    EXPECT_EQ(header.begin(), header.slot(1) + header.slot_bytes);
    EXPECT_EQ(header.capacity, header.begin() + bytes);
  }
  EXPECT_EQ(slot_bytes_for(64 << 20), 1U << 20);
}

/// A directory as version 1 left it is read, written to and read again; an older build then refuses it by its FORMAT.
TEST(Format, ADirectoryOfGoldenFilesOfVersion1Opens) {
  testing::ModelledDisk disk;
  disk.replace(kPath + "/FORMAT", "stator memtable 1\n");
  disk.replace(kPath + "/000000000007.snapshot", unhex(kGoldenSnapshot));
  disk.replace(kPath + "/000000000007.wal", unhex(kGoldenHeader1 + kGoldenFrame) + Bytes(4000, '\0'));
  Process process(disk);
  const Status opened = process.open();
  ASSERT_TRUE(opened.is_ok()) << opened.text();
  EXPECT_EQ(process.contents(), (std::map<Bytes, Bytes>{{"dat-key", "value"}, {"dat-zoo", ""}}));
  EXPECT_EQ(disk.contents(kPath + "/FORMAT"), "stator memtable 2\n");
  // On through the rest of the old segment, and into new ones.
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(process.put("new", Bytes(100, 'n')).is_ok());
  disk.crash(1);
  Process again(disk);
  ASSERT_TRUE(again.open().is_ok());
  EXPECT_EQ(again.contents(),
            (std::map<Bytes, Bytes>{{"dat-key", "value"}, {"dat-zoo", ""}, {"new", Bytes(100, 'n')}}));
}

TEST(Format, AGoldenSegmentOpensWithAFrameInPlaceOrInASlot) {
  FrameBuffer buffer;
  const Mutation batch[] = {{.key = "dat-key", .value = "value"}};
  ASSERT_TRUE(buffer.fill(batch).is_ok());
  buffer.seal({kSegment, kHeader.begin(), kPrevious});
  EXPECT_EQ(hex(buffer.echo()), kGoldenEcho);
  for (const bool in_place : {true, false}) {
    Bytes segment = unhex(kGoldenHeader);
    segment.resize(kHeader.capacity);
    const Bytes echo = unhex(kGoldenEcho);
    if (in_place) {
      segment.replace(kHeader.begin(), echo.size() - kEchoHeader, echo.substr(kEchoHeader));
    } else {
      segment.replace(kHeader.slot(1), echo.size(), echo);
    }
    testing::ModelledDisk disk;
    disk.replace(kPath + "/FORMAT", "stator memtable 2\n");
    disk.replace(kPath + "/000000000007.snapshot", unhex(kGoldenSnapshot));
    disk.replace(kPath + "/000000000007.wal", segment);
    Process process(disk);
    const Status opened = process.open();
    ASSERT_TRUE(opened.is_ok()) << opened.text();
    EXPECT_EQ(process.contents(), (std::map<Bytes, Bytes>{{"dat-key", "value"}, {"dat-zoo", ""}}));
  }
}

}  // namespace
}  // namespace stator::memtable
