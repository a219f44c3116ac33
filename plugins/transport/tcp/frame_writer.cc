#include "frame_writer.h"

#include <utility>

namespace stator::tcp {
namespace {

/// From here on a copy costs more than a piece of its own.
constexpr std::size_t kGreat = 4096;
/// What a batch keeps for the next one.
constexpr std::size_t kKeptCapacity = 1 << 20;

template <std::size_t N>
BytesView view(const std::array<char, N>& bytes) {
  return {bytes.data(), N};
}

}  // namespace

void FrameWriter::add(const Preamble& preamble) {
  gathering_.append(view(encode(preamble)));
  queued_ += kPreambleBytes;
}

void FrameWriter::add(FrameKind kind, std::uint64_t id, BytesView payload) {
  add_header(kind, id, payload.size());
  if (!payload.empty()) gathering_.append(payload);
}

void FrameWriter::add(FrameKind kind, std::uint64_t id, Frame payload) {
  const std::size_t size = payload == nullptr ? 0 : payload->size();
  if (size < kGreat) return add(kind, id, payload == nullptr ? BytesView() : BytesView(*payload));
  add_header(kind, id, size);
  gathering_.pieces.push_back(Piece{std::move(payload), 0, size});
}

void FrameWriter::add_header(FrameKind kind, std::uint64_t id, std::size_t size) {
  gathering_.append(view(encode(FrameHeader{static_cast<std::uint32_t>(size), kind, id})));
  queued_ += kHeaderBytes + size;
}

std::span<const BytesView> FrameWriter::next() {
  if (piece_ == sending_.pieces.size()) {
    if (gathering_.pieces.empty()) return {};
    sending_.clear();
    std::swap(sending_, gathering_);
    piece_ = offset_ = 0;
  }
  std::size_t count = 0;
  for (std::size_t i = piece_; i < sending_.pieces.size() && count < kMostPieces; ++i) {
    views_[count++] = sending_.bytes(sending_.pieces[i]);
  }
  views_[0].remove_prefix(offset_);
  return {views_.data(), count};
}

void FrameWriter::sent(std::size_t size) {
  queued_ -= size;
  while (size > 0) {
    Piece& piece = sending_.pieces[piece_];
    const std::size_t left = piece.end - piece.begin - offset_;
    if (size < left) {
      offset_ += size;
      return;
    }
    size -= left;
    offset_ = 0;
    piece.frame.reset();
    ++piece_;
  }
}

void FrameWriter::Batch::append(BytesView bytes) {
  if (pieces.empty() || pieces.back().frame != nullptr) pieces.push_back(Piece{nullptr, small.size(), small.size()});
  small.append(bytes);
  pieces.back().end = small.size();
}

BytesView FrameWriter::Batch::bytes(const Piece& piece) const {
  return piece.frame != nullptr ? BytesView(*piece.frame)
                                : BytesView(small).substr(piece.begin, piece.end - piece.begin);
}

void FrameWriter::Batch::clear() {
  pieces.clear();
  small.clear();
  if (small.capacity() > kKeptCapacity) small.shrink_to_fit();
}

}  // namespace stator::tcp
