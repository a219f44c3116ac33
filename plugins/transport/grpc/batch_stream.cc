#include "batch_stream.h"

#include <utility>

namespace stator::grpc_transport {
namespace {

// A batch is closed once it is this large: far below what a receiver takes, and large enough to cost nothing.
constexpr std::size_t kBatchBytes = 1 << 20;

/// The bytes of a buffer in one piece; copied only if they came in several.
grpc::Slice flatten(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  if (!buffer.TrySingleSlice(&slice).ok()) static_cast<void>(buffer.DumpToSingleSlice(&slice));
  return slice;
}

char* writable(grpc::Slice& fresh) { return reinterpret_cast<char*>(const_cast<std::uint8_t*>(fresh.begin())); }

}  // namespace

BatchStream::BatchStream(Owner& owner, Loops& loops, Poller& poller)
    : owner_(owner),
      loops_(loops),
      read_op_(poller, [this](bool ok) { on_read(ok); }),
      write_op_(poller, [this](bool ok) { on_written(ok); }) {}

void BatchStream::attach(Reader& reader, Writer& writer, int loop) {
  reader_ = &reader;
  writer_ = &writer;
  loop_ = loop;
}

void BatchStream::read() { reader_->Read(&incoming_, read_op_.on(loop_)); }

void BatchStream::send_alone(Bytes batch) {
  if (broken_) return;
  if (writing_) {
    alone_ = std::move(batch);
  } else {
    start_write(grpc::Slice(batch.data(), batch.size()));
  }
}

void BatchStream::send(Outgoing frame) {
  if (broken_) return;
  queued_bytes_ += frame.payload->size();
  queue_.push_back(std::move(frame));
  flush_soon();
}

void BatchStream::open_gate() {
  gate_open_ = true;
  flush_soon();
}

void BatchStream::flush_soon() {
  if (!gate_open_ || writing_ || flush_posted_ || broken_ || queue_.empty()) return;
  flush_posted_ = true;
  loops_.post(loop_, [this, held = owner_.hold()] {
    flush_posted_ = false;
    flush();
  });
}

void BatchStream::flush() {
  if (!gate_open_ || writing_ || broken_ || queue_.empty()) return;
  std::size_t end = head_;
  std::size_t bytes = 0;
  do {
    bytes += queue_[end++].payload->size();
  } while (end < queue_.size() && bytes + queue_[end].payload->size() <= kBatchBytes);

  std::span<const Outgoing> frames(queue_.data() + head_, end - head_);
  grpc::Slice slice(encoded_size(frames));
  encode(frames, writable(slice));
  queued_bytes_ -= bytes;
  drop_front(end);
  start_write(slice);
}

void BatchStream::drop_front(std::size_t end) {
  for (; head_ < end; ++head_) queue_[head_].payload.reset();
  if (head_ == queue_.size()) {
    queue_.clear();
    head_ = 0;
  } else if (head_ * 2 > queue_.size()) {
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
}

void BatchStream::start_write(const grpc::Slice& bytes) {
  writing_ = true;
  writer_->Write(grpc::ByteBuffer(&bytes, 1), write_op_.on(loop_));
}

void BatchStream::on_read(bool ok) {
  if (!ok) {
    broken_ = true;
    if (!writing_) owner_.ended();
    return;
  }
  grpc::Slice bytes = flatten(incoming_);
  incoming_.Clear();
  Status decoded = decode({reinterpret_cast<const char*>(bytes.begin()), bytes.size()}, batch_);
  if (!decoded.is_ok()) return owner_.garbled(decoded);
  owner_.received(batch_);
}

void BatchStream::on_written(bool ok) {
  writing_ = false;
  if (broken_) return owner_.ended();
  if (!ok) return;  // the read that is out fails too, and tells
  if (!alone_.empty()) return send_alone(std::exchange(alone_, {}));
  flush();
}

}  // namespace stator::grpc_transport
