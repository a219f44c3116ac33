#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "stator/bytes.h"

namespace stator::http {

/// The bytes of a connection that have come and are not used yet, in one piece. A read may be under way into what
/// prepare() gave while bytes are consumed. [serial]
class ReadBuffer {
 public:
  static constexpr std::size_t kSmall = 4 << 10;
  static constexpr std::size_t kLarge = 64 << 10;

  /// Lives until the next prepare().
  BytesView view() const { return {bytes_.get() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }
  /// At most view().size().
  void consume(std::size_t bytes) { begin_ += bytes; }
  /// Space behind the view to read into, at least kSmall / 2 bytes; until the next prepare(). `large`: for a body of
  /// many bytes.
  std::span<char> prepare(bool large);
  /// So many bytes were read into what prepare() gave.
  void commit(std::size_t bytes) { end_ += bytes; }

 private:
  void move_to(std::size_t capacity);

  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace stator::http
