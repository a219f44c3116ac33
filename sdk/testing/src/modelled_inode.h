#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>

#include "stator/bytes.h"

namespace stator::testing {

/// The contents of one modelled file: what processes see, and what a power cut would leave of it. Zeros take no memory.
class ModelledInode {
 public:
  std::uint64_t size() const { return size_; }
  Bytes read(std::uint64_t offset, std::size_t size) const;
  void write(std::uint64_t offset, BytesView data);
  void resize(std::uint64_t size);
  void sync();
  /// What was not synced never will be, unless it is written again.
  void fail_sync();
  /// Keeps, loses or tears each unsynced sector.
  void crash(std::mt19937_64& random);
  /// How many blocks of that size hold something unsynced.
  std::uint64_t unsynced_blocks(std::uint64_t block) const;
  /// Keeps the n-th unsynced block, the lowest first, if `keep(n)`.
  void crash(std::uint64_t block, const std::function<bool(std::uint64_t)>& keep);

 private:
  static constexpr std::uint64_t kSector = 512;

  Bytes sector(std::uint64_t number) const;
  void set_sector(std::uint64_t number, Bytes bytes);
  void change_sector(std::uint64_t number, std::size_t from, BytesView data);
  void lose_failed();
  void end_crash();

  std::map<std::uint64_t, Bytes> sectors_;  ///< those that are not all zeros
  std::map<std::uint64_t, Bytes> before_;   ///< unsynced sectors, as they are on the disk; empty: zeros
  std::map<std::uint64_t, Bytes> lost_;     ///< sectors of a failed sync, likewise
  std::uint64_t size_ = 0;
  std::uint64_t durable_size_ = 0;
};

}  // namespace stator::testing
