#include "modelled_inode.h"

#include <algorithm>
#include <utility>

namespace stator::testing {
namespace {

bool is_zero(BytesView bytes) { return bytes.find_first_not_of('\0') == BytesView::npos; }

}  // namespace

Bytes ModelledInode::sector(std::uint64_t number) const {
  auto found = sectors_.find(number);
  return found == sectors_.end() ? Bytes(kSector, '\0') : found->second;
}

void ModelledInode::set_sector(std::uint64_t number, Bytes bytes) {
  if (is_zero(bytes)) {
    sectors_.erase(number);
  } else {
    sectors_[number] = std::move(bytes);
  }
}

void ModelledInode::change_sector(std::uint64_t number, std::size_t from, BytesView data) {
  Bytes& bytes = sectors_.try_emplace(number).first->second;
  if (const auto [before, first_change] = before_.try_emplace(number); first_change) {
    const auto lost = lost_.find(number);
    before->second = lost == lost_.end() ? bytes : lost->second;
  }
  bytes.resize(kSector, '\0');
  bytes.replace(from, data.size(), data);
  if (is_zero(bytes)) sectors_.erase(number);
}

Bytes ModelledInode::read(std::uint64_t offset, std::size_t size) const {
  if (offset >= size_) return {};
  const std::uint64_t end = offset + std::min<std::uint64_t>(size, size_ - offset);
  Bytes bytes(end - offset, '\0');
  for (auto at = sectors_.lower_bound(offset / kSector); at != sectors_.end() && at->first * kSector < end; ++at) {
    const std::uint64_t start = at->first * kSector;
    const std::uint64_t from = std::max(start, offset);
    const std::uint64_t to = std::min(start + kSector, end);
    at->second.copy(bytes.data() + (from - offset), to - from, from - start);
  }
  return bytes;
}

void ModelledInode::write(std::uint64_t offset, BytesView data) {
  size_ = std::max(size_, offset + data.size());
  while (!data.empty()) {
    const std::size_t from = offset % kSector;
    const BytesView part = data.substr(0, kSector - from);
    change_sector(offset / kSector, from, part);
    offset += part.size();
    data.remove_prefix(part.size());
  }
}

void ModelledInode::resize(std::uint64_t size) {
  for (std::uint64_t at = size; at < size_; at += kSector - at % kSector) {
    if (sectors_.contains(at / kSector)) change_sector(at / kSector, at % kSector, Bytes(kSector - at % kSector, '\0'));
  }
  size_ = size;
}

void ModelledInode::sync() {
  for (const auto& [number, bytes] : before_) lost_.erase(number);
  before_.clear();
  durable_size_ = size_;
}

void ModelledInode::fail_sync() {
  lost_.merge(before_);
  before_.clear();
}

void ModelledInode::crash(std::mt19937_64& random) {
  if (size_ != durable_size_ && random() % 2 == 0) size_ = durable_size_;
  lose_failed();
  for (auto& [number, bytes] : before_) {
    const std::uint64_t fate = random() % 8;
    if (fate < 4) {
      set_sector(number, std::move(bytes));
    } else if (fate == 4) {
      const std::size_t torn_at = random() % kSector;
      bytes.resize(kSector, '\0');
      set_sector(number, sector(number).substr(0, torn_at) + bytes.substr(torn_at));
    }
  }
  end_crash();
}

std::uint64_t ModelledInode::unsynced_blocks(std::uint64_t block) const {
  std::uint64_t count = 0;
  std::uint64_t last = UINT64_MAX;
  for (const auto& [number, bytes] : before_) {
    if (std::exchange(last, number * kSector / block) != number * kSector / block) ++count;
  }
  return count;
}

void ModelledInode::crash(std::uint64_t block, const std::function<bool(std::uint64_t)>& keep) {
  lose_failed();
  std::uint64_t count = 0;
  std::uint64_t last = UINT64_MAX;
  bool kept = true;
  bool any = before_.empty();
  for (auto& [number, bytes] : before_) {
    if (std::exchange(last, number * kSector / block) != number * kSector / block) kept = keep(count++);
    any |= kept;
    if (!kept) set_sector(number, std::move(bytes));
  }
  if (!any) size_ = durable_size_;
  end_crash();
}

/// What a failed sync gave up is on no disk, whatever the cache said.
void ModelledInode::lose_failed() {
  for (auto& [number, bytes] : lost_) {
    if (!before_.contains(number)) set_sector(number, std::move(bytes));
  }
}

void ModelledInode::end_crash() {
  lost_.clear();
  before_.clear();
  std::erase_if(sectors_, [this](const auto& sector) { return sector.first * kSector >= size_; });
  if (auto last = sectors_.find(size_ / kSector); last != sectors_.end()) {
    set_sector(last->first, last->second.substr(0, size_ % kSector) + Bytes(kSector - size_ % kSector, '\0'));
  }
  durable_size_ = size_;
}

}  // namespace stator::testing
