#include <gtest/gtest.h>

#include "crc32c.h"
#include "test_storage.h"

// The formats on disk, byte for byte. A change here is a change of format: what was written by an older build must
// open.

namespace stator::memtable {
namespace {

const SegmentId kSegment{7, 0x0123456789abcdef};
constexpr std::uint32_t kPrevious = 0x11223344;

const Bytes kGoldenHeader = "535441544f524c47010000000c1a932d0700000000000000efcdab8967452301";

// put "dat-key" = "value", remove "gone"
const Bytes kGoldenFrame =
    "534c46310100000018000000a3d704a1443322110700000002"
    "0107056461742d6b657976616c75650004676f6e650000";

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
  EXPECT_EQ(hex(encode_segment_header(kSegment).substr(0, kSegmentHeader)), kGoldenHeader);
  EXPECT_EQ(decode_segment_header(unhex(kGoldenHeader)), kSegment);
}

TEST(Format, Frame) {
  FrameBuffer buffer;
  const Mutation batch[] = {{.key = "dat-key", .value = "value"}, {.key = "gone", .remove = true}};
  ASSERT_TRUE(buffer.fill(batch).is_ok());
  buffer.seal({kSegment, kSegmentHeader, kPrevious});
  EXPECT_EQ(hex(buffer.frame()), kGoldenFrame);
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

TEST(Format, ADirectoryOfGoldenFilesOpens) {
  testing::ModelledDisk disk;
  disk.replace(kPath + "/FORMAT", "stator memtable 1\n");
  disk.replace(kPath + "/000000000007.snapshot", unhex(kGoldenSnapshot));
  disk.replace(kPath + "/000000000007.wal", unhex(kGoldenHeader + kGoldenFrame) + Bytes(4000, '\0'));
  Process process(disk);
  const Status opened = process.open();
  ASSERT_TRUE(opened.is_ok()) << opened.text();
  EXPECT_EQ(process.contents(), (std::map<Bytes, Bytes>{{"dat-key", "value"}, {"dat-zoo", ""}}));
}

}  // namespace
}  // namespace stator::memtable
