#include "frame_reader.h"

#include <cstring>
#include <utility>

namespace stator::tcp {
namespace {

constexpr std::size_t kUsualCapacity = 128 << 10;
/// A buffer that grew for a great frame is kept for the next one up to here.
constexpr std::size_t kKeptCapacity = 1 << 20;
/// A read of less is not worth its system call.
constexpr std::size_t kLeastSpace = 16 << 10;

}  // namespace

std::span<char> FrameReader::space() {
  const std::size_t held = end_ - begin_;
  if (held == 0) {
    begin_ = end_ = 0;
    if (capacity_ == 0 || capacity_ > kKeptCapacity) move_to(kUsualCapacity);
  } else if (capacity_ - end_ < kLeastSpace) {
    move_to(held + kLeastSpace <= capacity_ ? capacity_ : capacity_ * 2);
  }
  return {buffer_.get() + end_, capacity_ - end_};
}

FrameReader::Next FrameReader::next(std::uint32_t limit, FrameHeader& header, BytesView& payload) {
  const std::size_t held = end_ - begin_;
  if (held < kHeaderBytes) return Next::incomplete;
  const char* at = buffer_.get() + begin_;
  const std::optional<FrameHeader> decoded = decode_header(at);
  if (!decoded || decoded->size > limit) return Next::broken;
  if (held < kHeaderBytes + decoded->size) return Next::incomplete;
  header = *decoded;
  payload = BytesView(at + kHeaderBytes, decoded->size);
  begin_ += kHeaderBytes + decoded->size;
  return Next::frame;
}

void FrameReader::move_to(std::size_t capacity) {
  const std::size_t held = end_ - begin_;
  if (capacity == capacity_) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, held);
  } else {
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (held != 0) std::memcpy(larger.get(), buffer_.get() + begin_, held);
    buffer_ = std::move(larger);
    capacity_ = capacity;
  }
  begin_ = 0;
  end_ = held;
}

}  // namespace stator::tcp
