#include "read_buffer.h"

#include <algorithm>
#include <cstring>

namespace stator::http {

std::span<char> ReadBuffer::prepare(bool large) {
  const std::size_t used = end_ - begin_;
  if (used == 0) begin_ = end_ = 0;
  const std::size_t wanted = large ? kLarge : kSmall;
  if (used == 0 && capacity_ != wanted) {
    bytes_.reset(new char[wanted]);  // not cleared
    capacity_ = wanted;
  }
  if (capacity_ - end_ < kSmall / 2) move_to(capacity_ - used < kSmall / 2 ? capacity_ * 2 : capacity_);
  return {bytes_.get() + end_, capacity_ - end_};
}

void ReadBuffer::move_to(std::size_t capacity) {
  const std::size_t used = end_ - begin_;
  if (capacity == capacity_) {
    std::memmove(bytes_.get(), bytes_.get() + begin_, used);
  } else {
    std::unique_ptr<char[]> larger(new char[capacity]);
    std::memcpy(larger.get(), bytes_.get() + begin_, used);
    bytes_ = std::move(larger);
    capacity_ = capacity;
  }
  begin_ = 0;
  end_ = used;
}

}  // namespace stator::http
