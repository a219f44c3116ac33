#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "stator/bytes.h"
#include "wire.h"

namespace stator::tcp {

/// Cuts a stream of bytes into frames. What it allocates follows what was really received, whatever lengths the frames
/// claim. Pure. [serial]
class FrameReader {
 public:
  enum class Next {
    frame,
    incomplete,  ///< more must be read first
    broken,      ///< these bytes are no frame, or one above the limit; all further calls say so, too
  };

  /// Where the next bytes are to be put: never empty. Ends the life of payloads handed out before.
  std::span<char> space();
  /// That many of them were.
  void filled(std::size_t size) { end_ += size; }
  /// Takes the next whole frame out. The payload lives until space() is called.
  Next next(std::uint32_t limit, FrameHeader& header, BytesView& payload);

 private:
  void move_to(std::size_t capacity);

  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;  ///< of what no frame has taken yet
  std::size_t end_ = 0;    ///< of what was received
};

}  // namespace stator::tcp
