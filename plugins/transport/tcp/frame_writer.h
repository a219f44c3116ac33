#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "stator/bytes.h"
#include "stator/transport.h"
#include "wire.h"

namespace stator::tcp {

/// Gathers frames into as few writes as can be: small ones are copied into one run of bytes, great ones are sent from
/// where they are. While a batch is being sent, the next one gathers. Pure. [serial]
class FrameWriter {
 public:
  /// As many pieces as one system call takes.
  static constexpr std::size_t kMostPieces = 64;

  void add(const Preamble& preamble);
  void add(FrameKind kind, std::uint64_t id, BytesView payload);
  /// `payload` may be null: an empty one.
  void add(FrameKind kind, std::uint64_t id, Frame payload);
  /// What to write next; empty if there is nothing. Lives until the next call of anything but queued().
  std::span<const BytesView> next();
  /// That many bytes of it were written.
  void sent(std::size_t size);
  /// Bytes added and not yet sent.
  std::size_t queued() const { return queued_; }

 private:
  /// A great frame, or a run of `small`.
  struct Piece {
    Frame frame;
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  struct Batch {
    Bytes small;
    std::vector<Piece> pieces;

    void append(BytesView bytes);
    BytesView bytes(const Piece& piece) const;
    void clear();
  };
  void add_header(FrameKind kind, std::uint64_t id, std::size_t size);

  Batch gathering_;
  Batch sending_;
  std::size_t piece_ = 0;   ///< the first of sending_ that is not yet sent …
  std::size_t offset_ = 0;  ///< … and how much of it is
  std::size_t queued_ = 0;
  std::array<BytesView, kMostPieces> views_;
};

}  // namespace stator::tcp
