#include "checked_tables.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "empty_block.h"
#include "stator/bytes.h"

// What of RocksDB's format is known here (format_version 5, its checksum XXH3), and of blocks in empty_block.cc:
//
//   table   := block* footer                    the metaindex and the properties are blocks, and never compressed
//   footer  := checksum_type:octet handle handle zero* version:u32le magic:u64le   53 octets; the metaindex, the index
//   handle  := offset:varint size:varint                              without the five octets behind each block
//   entries of the metaindex: … "rocksdb.properties" handle …

namespace stator::rocks {
namespace {

constexpr std::uint64_t kFooterBytes = 53;
constexpr BytesView kMagic("\xf7\xcf\xf4\x85\xb7\x41\xe2\x88", 8);
constexpr BytesView kFirstMagic("\x57\xfb\x80\x8b\x24\x75\x47\xdb", 8);  // of tables before there were versions
constexpr int kLastVersion = 5;
constexpr int kLastChecksum = 4;
constexpr std::string_view kProperties = "rocksdb.properties";
constexpr std::uint64_t kTrailerBytes = 5;

std::uint64_t varint(BytesView& bytes) {
  std::uint64_t number = 0;
  for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto octet = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    number |= std::uint64_t{octet & 0x7fU} << shift;
    if (octet < 0x80) break;
  }
  return number;
}

struct Block {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  Bytes bytes;  ///< with its trailer

  bool is_whole() const {
    const BytesView contents = BytesView(bytes).substr(0, size);
    return BytesView(bytes).substr(size) == block_trailer(contents, bytes[size]);
  }
};

/// Nothing of what does not lie in the file, or cannot be read.
std::optional<Bytes> read(const ::rocksdb::RandomAccessFile& file, std::uint64_t offset, std::uint64_t size) {
  Bytes bytes(size, '\0');
  ::rocksdb::Slice found;
  if (!file.Read(offset, size, &found, bytes.data()).ok() || found.size() != size) return std::nullopt;
  return found.ToString();
}

/// Which the handle at the beginning of `handle` names.
std::optional<Block> block_at(const ::rocksdb::RandomAccessFile& file, std::uint64_t file_size, BytesView handle) {
  Block block;
  block.offset = varint(handle);
  block.size = varint(handle);
  if (block.size > file_size) return std::nullopt;
  std::optional<Bytes> bytes = read(file, block.offset, block.size + kTrailerBytes);
  if (!bytes) return std::nullopt;
  block.bytes = std::move(*bytes);
  return block;
}

/// Of any format that RocksDB knows.
bool is_footer(BytesView bytes) {
  if (bytes.ends_with(kFirstMagic)) return true;
  if (bytes.size() < kFooterBytes || !bytes.ends_with(kMagic)) return false;
  const BytesView version = bytes.substr(kFooterBytes - kMagic.size() - 4, 4);
  return static_cast<unsigned char>(bytes[0]) <= kLastChecksum &&
         static_cast<unsigned char>(version[0]) <= kLastVersion && version.substr(1) == BytesView("\0\0\0", 3);
}

/// Only if all that leads to them is whole: it is not where the table is of another format.
std::optional<Block> properties_of(const ::rocksdb::RandomAccessFile& file, std::uint64_t size, BytesView footer) {
  const std::optional<Block> metaindex = block_at(file, size, footer.substr(1));
  if (!metaindex || !metaindex->is_whole()) return std::nullopt;
  const std::size_t named = metaindex->bytes.find(kProperties);
  if (named == Bytes::npos) return std::nullopt;
  return block_at(file, size, BytesView(metaindex->bytes).substr(named + kProperties.size()));
}

::rocksdb::Status corruption(const std::string& what, const std::string& path, std::uint64_t offset,
                             std::uint64_t bytes) {
  return ::rocksdb::Status::Corruption(what + " in " + path + " offset " + std::to_string(offset) + " size " +
                                       std::to_string(bytes));
}

::rocksdb::Status check(const ::rocksdb::RandomAccessFile& file, const std::string& path, std::uint64_t size) {
  const std::uint64_t bytes = std::min(size, kFooterBytes);
  const std::optional<Bytes> footer = read(file, size - bytes, bytes);
  if (!footer) return {};
  if (!is_footer(*footer)) return corruption("no footer of a table is", path, size - bytes, bytes);
  const std::optional<Block> properties = properties_of(file, size, *footer);
  if (!properties || properties->is_whole()) return {};
  return corruption("block checksum mismatch: of the properties", path, properties->offset, properties->size);
}

}  // namespace

::rocksdb::Status CheckedTables::NewRandomAccessFile(const std::string& path,
                                                     std::unique_ptr<::rocksdb::RandomAccessFile>* file,
                                                     const ::rocksdb::EnvOptions& options) {
  ::rocksdb::Status opened = target()->NewRandomAccessFile(path, file, options);
  std::uint64_t size = 0;
  if (!opened.ok() || !path.ends_with(".sst") || !target()->GetFileSize(path, &size).ok()) return opened;
  const ::rocksdb::Status checked = check(**file, path, size);
  if (!checked.ok()) file->reset();
  return checked;
}

}  // namespace stator::rocks
