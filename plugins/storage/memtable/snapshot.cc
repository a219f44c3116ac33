#include "snapshot.h"

#include <string>
#include <utility>

#include "crc32c.h"
#include "encoding.h"

// Grammar of a snapshot file, numbers little-endian, varint is LEB128:
//
//   snapshot = header block* footer
//   header   = "STATORSN" version:u32 = 1  checksum:u32  sequence:u64  previous:u32  zero:u32
//   block    = length:u32 checksum:u32 entry+               ; `length` > 0 is the size of the entries
//   entry    = key_length:varint value_length:varint key value        ; ascending by key
//   footer   = length:u32 = 0  checksum:u32  entries:u64              ; the end of the file
//
// Each checksum is the CRC32C of offset:u64, the place of its own part, and then that part without the checksum itself.
// `sequence` is the segment from which the log is to be replayed, `previous` the checksum its first frame refers to.

namespace stator::memtable {
namespace {

constexpr BytesView kMagic = "STATORSN";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHeader = 32;
constexpr std::size_t kBlockHeader = 8;
constexpr std::size_t kFooter = 16;
constexpr std::size_t kBlockBytes = 256 << 10;
/// A sync of everything at once would hold up the log's.
constexpr std::uint64_t kSyncEvery = 8 << 20;

std::uint32_t part_checksum(std::uint64_t offset, BytesView before, BytesView after) {
  std::uint32_t sum = crc32c(0, BytesView(reinterpret_cast<const char*>(&offset), sizeof offset));
  return crc32c(crc32c(sum, before), after);
}

std::uint32_t header_checksum(BytesView header) { return part_checksum(0, header.substr(0, 12), header.substr(16)); }

std::uint32_t block_checksum(std::uint64_t offset, BytesView block) {
  return part_checksum(offset, block.substr(0, 4), block.substr(8));
}

/// Gathers entries into blocks. [serial]
class Writer {
 public:
  Writer(File& file, const std::function<bool()>& give_up) : file_(file), give_up_(give_up) { begin_block(); }

  Status header(const SnapshotHead& head) {
    Bytes header(kMagic);
    append_number(header, kVersion);
    append_number(header, std::uint32_t{0});
    append_number(header, head.sequence);
    append_number(header, head.checksum);
    append_number(header, std::uint32_t{0});
    store_number(header.data() + 12, header_checksum(header));
    return write(header);
  }

  Status add(BytesView key, BytesView value) {
    append_varint(block_, key.size());
    append_varint(block_, value.size());
    block_.append(key).append(value);
    ++entries_;
    return block_.size() < kBlockBytes ? Status::ok() : end_block();
  }

  Status finish() {
    if (block_.size() > kBlockHeader) {
      if (Status ended = end_block(); !ended.is_ok()) return ended;
    }
    append_number(block_, entries_);
    store_number(block_.data() + 4, block_checksum(offset_, block_));
    if (Status written = write(block_); !written.is_ok()) return written;
    return file_.sync();
  }

 private:
  void begin_block() { block_.assign(kBlockHeader, '\0'); }

  Status end_block() {
    if (give_up_()) return Status(Code::unavailable, "the storage is being closed");
    store_number(block_.data(), static_cast<std::uint32_t>(block_.size() - kBlockHeader));
    store_number(block_.data() + 4, block_checksum(offset_, block_));
    if (Status written = write(block_); !written.is_ok()) return written;
    begin_block();
    return Status::ok();
  }

  Status write(BytesView bytes) {
    if (Status written = file_.write(offset_, bytes); !written.is_ok()) return written;
    offset_ += bytes.size();
    if (offset_ - synced_ < kSyncEvery) return Status::ok();
    synced_ = offset_;
    return file_.sync();
  }

  File& file_;
  const std::function<bool()>& give_up_;
  Bytes block_;
  std::uint64_t offset_ = 0;
  std::uint64_t synced_ = 0;
  std::uint64_t entries_ = 0;
};

/// Takes a snapshot file apart. [serial]
class Reader {
 public:
  Reader(File& file, const Path& path) : file_(file), path_(path) {}

  using OnEntry = std::function<void(const Mutation&)>;

  Result<SnapshotHead> read(const OnEntry& entry) {
    Result<SnapshotHead> head = header();
    while (head.is_ok()) {
      const Result<bool> last = next(entry);
      if (!last.is_ok()) return last.status();
      if (*last) break;
    }
    return head;
  }

  /// Passes over what is damaged, as far as the rest can be found.
  Result<SnapshotHead> salvage(const OnEntry& entry, std::vector<StorageFault>& faults) {
    Result<SnapshotHead> head = header();
    if (!head.is_ok()) faults.push_back(fault(head.status(), 0));
    while (head.is_ok()) {
      const Result<bool> last = next(entry);
      if (last.is_ok() && *last) break;
      if (last.is_ok()) continue;
      const std::uint64_t skipped = damaged_block();
      faults.push_back(fault(last.status(), skipped));
      if (skipped == 0) break;
      offset_ += skipped;
      incomplete_ = true;
    }
    return head;
  }

  SnapshotPart verify(std::uint64_t from, std::uint64_t bytes) {
    SnapshotPart part;
    offset_ = from;
    incomplete_ = true;  // whoever has read the parts before
    Status read;
    if (from == 0) {
      const Result<SnapshotHead> head = header();
      read = head.status();
      if (head.is_ok()) part.head = *head;
    }
    while (read.is_ok() && !part.last && offset_ < from + bytes) {
      const Result<bool> last = next([](const Mutation&) {});
      read = last.status();
      part.last = last.is_ok() && *last;
    }
    if (!read.is_ok()) part.fault = fault(read, 0);
    part.end = offset_;
    return part;
  }

 private:
  Status damage(std::string_view what) {
    what_ = what;
    return damaged(path_, offset_, what);
  }

  StorageFault fault(const Status& status, std::uint64_t bytes) const {
    return {path_, offset_, bytes, status.code() == Code::data_loss ? what_ : status.message()};
  }

  /// The block or the footer that stands here. True after the footer.
  Result<bool> next(const OnEntry& entry) {
    Result<Bytes> start = part(kFooter);
    if (!start.is_ok()) return start.status();
    const auto length = load_number<std::uint32_t>(start->data());
    Status done = length == 0 ? footer(*start) : block(length, entry);
    if (!done.is_ok()) return done;
    return length == 0;
  }

  /// Size of the block here, if its length can be believed: something valid follows. Else 0. A block is not looked for:
  /// its checksum has no secret in it, and a client's value might look like one.
  std::uint64_t damaged_block() {
    const std::uint64_t begin = offset_;
    Result<Bytes> start = file_.read(begin, kBlockHeader);
    if (!start.is_ok() || start->size() < kBlockHeader) return 0;
    const auto length = load_number<std::uint32_t>(start->data());
    if (length == 0) return 0;
    offset_ = begin + kBlockHeader + length;
    incomplete_ = true;
    const bool follows = next([](const Mutation&) {}).is_ok();
    offset_ = begin;
    return follows ? kBlockHeader + length : 0;
  }

  /// At least `size` bytes from the current place: a block is never shorter than a footer, as one follows it.
  Result<Bytes> part(std::size_t size) {
    Result<Bytes> bytes = file_.read(offset_, size);
    if (bytes.is_ok() && bytes->size() < size) return damage("the snapshot ends too early");
    return bytes;
  }

  Result<SnapshotHead> header() {
    Result<Bytes> bytes = part(kHeader);
    if (!bytes.is_ok()) return bytes.status();
    if (!bytes->starts_with(kMagic) || load_number<std::uint32_t>(bytes->data() + 8) != kVersion ||
        load_number<std::uint32_t>(bytes->data() + 12) != header_checksum(*bytes)) {
      return damage("the header of the snapshot is not valid");
    }
    offset_ += kHeader;
    return SnapshotHead{load_number<std::uint64_t>(bytes->data() + 16), load_number<std::uint32_t>(bytes->data() + 24)};
  }

  Status block(std::uint32_t length, const OnEntry& entry) {
    Result<std::uint64_t> size = file_.size();
    if (!size.is_ok()) return size.status();
    if (length > *size - offset_) return damage("a block reaches past the end of the snapshot");
    Result<Bytes> bytes = part(kBlockHeader + length);
    if (!bytes.is_ok()) return bytes.status();
    if (load_number<std::uint32_t>(bytes->data() + 4) != block_checksum(offset_, *bytes)) {
      return damage("a block of the snapshot has a wrong checksum");
    }
    Cursor cursor(BytesView(*bytes).substr(kBlockHeader));
    while (!cursor.rest().empty()) {
      const std::uint64_t key_size = cursor.varint();
      const std::uint64_t value_size = cursor.varint();
      const BytesView key = cursor.take(key_size);
      const BytesView value = cursor.take(value_size);
      if (!cursor.ok()) return damage("a block of the snapshot is malformed");
      entry({.key = key, .value = value});
      ++entries_;
    }
    offset_ += bytes->size();
    return Status::ok();
  }

  Status footer(BytesView bytes) {
    Result<std::uint64_t> size = file_.size();
    if (!size.is_ok()) return size.status();
    if (load_number<std::uint32_t>(bytes.data() + 4) != block_checksum(offset_, bytes) || *size != offset_ + kFooter ||
        (!incomplete_ && load_number<std::uint64_t>(bytes.data() + 8) != entries_)) {
      return damage("the end of the snapshot is not valid");
    }
    return Status::ok();
  }

  File& file_;
  const Path& path_;
  std::uint64_t offset_ = 0;
  std::uint64_t entries_ = 0;
  bool incomplete_ = false;  ///< blocks were passed over: the footer's count means nothing
  std::string what_;         ///< was damaged last
};

}  // namespace

Status write_snapshot(Files& files, const Path& path, const SnapshotHead& head, const Index& index,
                      const std::function<bool()>& give_up) {
  Result<std::unique_ptr<File>> file = files.open(path, OpenMode::create);
  if (!file.is_ok()) return file.status();
  Writer writer(**file, give_up);
  Status status = writer.header(head);
  if (!status.is_ok()) return status;
  index.scan({}, {}, [&](BytesView key, BytesView value) {
    status = writer.add(key, value);
    return status.is_ok();
  });
  return status.is_ok() ? writer.finish() : status;
}

Result<SnapshotHead> read_snapshot(Files& files, const Path& path, const std::function<void(const Mutation&)>& entry) {
  Result<std::unique_ptr<File>> file = files.open(path, OpenMode::read);
  if (!file.is_ok()) return file.status();
  return Reader(**file, path).read(entry);
}

Result<SnapshotHead> salvage_snapshot(Files& files, const Path& path, const std::function<void(const Mutation&)>& entry,
                                      std::vector<StorageFault>& faults) {
  Result<std::unique_ptr<File>> file = files.open(path, OpenMode::read);
  if (file.is_ok()) return Reader(**file, path).salvage(entry, faults);
  faults.push_back({path, 0, 0, file.status().message()});
  return file.status();
}

SnapshotPart verify_snapshot(Files& files, const Path& path, std::uint64_t from, std::uint64_t bytes) {
  Result<std::unique_ptr<File>> file = files.open(path, OpenMode::read);
  if (file.is_ok()) return Reader(**file, path).verify(from, bytes);
  return {.end = from, .fault = StorageFault{path, 0, 0, file.status().message()}};
}

}  // namespace stator::memtable
