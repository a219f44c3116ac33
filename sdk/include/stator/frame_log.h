#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "stator/bytes.h"
#include "stator/files.h"
#include "stator/status.h"

namespace stator {

/// A file that only grows, of frames of bytes: what a simple storage may keep its batches in. A frame is durable before
/// the next begins, so a crash tears the last alone, and that is cut off; what else is not whole is damage.
///
///   file  = frame* torn                       ; numbers as the machine has them
///   frame = size:u64 hash:u64 bytes{size}     ; the hash is of the frame's offset and the bytes
class FrameLog {
 public:
  /// Views live for the call.
  using Visitor = std::function<void(BytesView bytes)>;

  explicit FrameLog(Files& files) : files_(files) {}

  /// Takes the directory (made if missing, locked against other processes), and shows every frame of the file `name` in
  /// it, which may be missing, oldest first. unavailable if another has the directory; data_loss, with file and offset,
  /// if the file is damaged. Once. [blocking]
  Status open(const Path& directory, const std::string& name, const Visitor& visit) {
    if (Status made = files_.create_directory(directory); !made.is_ok()) return made;
    auto lock = files_.lock(directory + "/lock");
    if (!lock.is_ok()) return {lock.status().code(), directory + " is in use: " + lock.status().message()};
    lock_ = std::move(*lock);
    const Path path = directory + "/" + name;
    auto file = files_.open(path, OpenMode::write);
    if (file.status().code() == Code::not_found) file = files_.open(path, OpenMode::create);
    if (!file.is_ok()) return file.status();
    file_ = std::move(*file);
    if (Status shown = show(path, visit); !shown.is_ok()) return shown;
    return files_.sync_directory(directory);
  }

  /// OK once the frame is durable. storage_full leaves the log as it was, if what was begun could be taken back. After
  /// any other error every later append is refused with the same. [serial, blocking]
  Status append(BytesView bytes) {
    if (!failure_.is_ok()) return failure_;
    failure_ = file_->write(size_, frame(size_, bytes));
    if (failure_.code() == Code::storage_full && file_->resize(size_).is_ok()) return std::exchange(failure_, {});
    if (failure_.is_ok()) failure_ = file_->sync();
    if (failure_.is_ok()) size_ += kHeader + bytes.size();
    return failure_;  // if one, how much of the frame is there is not known: nothing may come behind it
  }

  /// Of all frames, in bytes. [any-thread]
  std::uint64_t size() const { return size_; }

 private:
  static constexpr std::size_t kHeader = 2 * sizeof(std::uint64_t);

  static std::uint64_t hash(std::uint64_t offset, BytesView bytes) {
    std::uint64_t hash = 14695981039346656037u + offset;  // FNV-1a
    for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211u;
    return hash;
  }
  static Bytes frame(std::uint64_t offset, BytesView bytes) {
    const std::uint64_t header[] = {bytes.size(), hash(offset, bytes)};
    return Bytes(reinterpret_cast<const char*>(header), kHeader).append(bytes);
  }
  /// The bytes of the frame at `offset`; nothing if no whole frame is there.
  static std::optional<BytesView> bytes_at(BytesView file, std::uint64_t offset) {
    std::uint64_t header[2];
    if (offset + kHeader > file.size()) return std::nullopt;
    std::memcpy(header, file.data() + offset, kHeader);
    if (header[0] > file.size() - offset - kHeader) return std::nullopt;
    const BytesView bytes = file.substr(offset + kHeader, header[0]);
    return header[1] == hash(offset, bytes) ? std::optional(bytes) : std::nullopt;
  }

  Status show(const Path& path, const Visitor& visit) {
    const auto file_size = file_->size();
    if (!file_size.is_ok()) return file_size.status();
    const auto file = file_->read(0, *file_size);
    if (!file.is_ok()) return file.status();
    std::uint64_t last = 0;
    while (const auto bytes = bytes_at(*file, size_)) {
      visit(*bytes);
      last = size_;
      size_ += kHeader + bytes->size();
    }
    for (std::uint64_t behind = size_ + 1; behind < file->size(); ++behind) {
      if (bytes_at(*file, behind)) return {Code::data_loss, path + " is damaged at offset " + std::to_string(size_)};
    }
    if (Status cut = file_->resize(size_); !cut.is_ok()) return cut;
    // The last frame may never have been synced, or its sync failed. Who is shown it takes it for written, and a sync
    // alone would leave it out.
    if (Status again = file_->write(last, BytesView(*file).substr(last, size_ - last)); !again.is_ok()) return again;
    return file_->sync();
  }

  Files& files_;
  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<File> file_;
  std::atomic<std::uint64_t> size_ = 0;  // of what is whole
  Status failure_;
};

}  // namespace stator
