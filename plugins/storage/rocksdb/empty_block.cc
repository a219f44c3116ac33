#include "empty_block.h"

#include <xxhash.h>

// What of RocksDB's format is known here (format_version 5, its checksum XXH3):
//   block    := contents compression:octet checksum:u32le
//   contents := length:varint frame                 compression 7: contents of that length, by Zstandard (RFC 8878)
//             | entry* restart:u32le* restarts      compression 0
//   restarts := count:u32le | bucket:octet* buckets:u16le count_and_top_bit:u32le
// The checksum is the low half of XXH3-64 over the contents, XOR the octet behind them times a prime. The second form
// of `restarts` is for blocks of up to 64 KiB: a bucket of 254 sends to the restarts. Where there are restarts and they
// begin at 0, RocksDB knows that there is no entry.

namespace stator::rocks {
namespace {

constexpr char kStored = 0;
constexpr char kZstandard = 7;
constexpr std::uint32_t kChecksumPrime = 0x6b9083d9;
constexpr std::uint64_t kLeast = 26;
constexpr std::uint64_t kMostBucketed = 64 << 10;
constexpr char kToTheRestarts = '\xfe';

void append_word(Bytes& out, std::uint32_t word) {
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>(word >> shift));
}

/// Eight octets, behind as long a frame that is passed over as it takes.
Bytes compressed(std::uint64_t size) {
  Bytes contents("\x08\x50\x2a\x4d\x18", 5);
  append_word(contents, static_cast<std::uint32_t>(size - kLeast));
  contents.append(size - kLeast, '\0');
  contents.append("\x28\xb5\x2f\xfd\x20\x08\x41\0\0", 9);  // a frame with one part, of eight octets as they are
  append_word(contents, 0);
  append_word(contents, 1);
  return contents;
}

Bytes bucketed(std::uint64_t size) {
  const std::uint64_t buckets = 1 + (size - 7) % 4;
  const std::uint64_t restarts = (size - 6 - buckets) / 4;
  Bytes contents(4 * restarts, '\0');
  contents.append(buckets, kToTheRestarts);
  contents.push_back(static_cast<char>(buckets));
  contents.push_back('\0');
  append_word(contents, static_cast<std::uint32_t>(restarts) | std::uint32_t{1} << 31);
  return contents;
}

Bytes stored(std::uint64_t size) {
  Bytes contents(size - 4, '\0');
  append_word(contents, static_cast<std::uint32_t>(size / 4 - 1));
  return contents;
}

}  // namespace

std::optional<Bytes> empty_block(std::uint64_t size, bool compression) {
  if (size < kLeast || size > UINT32_MAX || (!compression && size > kMostBucketed && size % 4 != 0))
    return std::nullopt;
  Bytes block = compression ? compressed(size) : size <= kMostBucketed ? bucketed(size) : stored(size);
  const char form = compression ? kZstandard : kStored;
  return block + block_trailer(block, form);
}

Bytes block_trailer(BytesView contents, char compression) {
  const auto checksum = static_cast<std::uint32_t>(XXH3_64bits(contents.data(), contents.size()));
  Bytes trailer(1, compression);
  append_word(trailer, checksum ^ static_cast<unsigned char>(compression) * kChecksumPrime);
  return trailer;
}

}  // namespace stator::rocks
