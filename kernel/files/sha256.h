#pragma once

#include <memory>
#include <string>

#include "stator/bytes.h"
#include "stator/files.h"

namespace stator {

/// SHA-256 of bytes that come in pieces. [serial]
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  void add(BytesView bytes);
  /// 64 lower-case hex digits of all that was added. Called once, last.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A file's size and SHA-256.
struct FileHash {
  std::uint64_t size = 0;
  std::string sha256;
};
/// Reads all of it, a piece at a time; stops with `unavailable` when `give_up` says so. [blocking]
template <typename GiveUp>
Result<FileHash> hash_file(Files& files, const Path& path, GiveUp give_up) {
  constexpr std::size_t kPiece = 1 << 20;
  Result<std::unique_ptr<File>> file = files.open(path, OpenMode::read);
  if (!file.is_ok()) return file.status();
  FileHash hash;
  Sha256 sum;
  for (;;) {
    if (give_up()) return Status(Code::unavailable, path + ": was given up");
    const Result<Bytes> piece = (*file)->read(hash.size, kPiece);
    if (!piece.is_ok()) return piece.status();
    sum.add(*piece);
    hash.size += piece->size();
    if (piece->size() < kPiece) break;
  }
  hash.sha256 = sum.hex();
  return hash;
}

}  // namespace stator
