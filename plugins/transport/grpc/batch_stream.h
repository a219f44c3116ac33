#pragma once

#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/byte_buffer.h>

#include <memory>
#include <vector>

#include "batch_codec.h"
#include "op.h"

namespace stator::grpc_transport {

/// A stream of batches: the half of a link that is alike at both ends. [serial, its loop]
///
/// Frames are gathered, and written by a task that is posted to the loop, so that all of one turn go in one write.
/// While a write is out the next batch gathers, and follows at once.
class BatchStream {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    /// A batch came in; its views live for the call. The next one is read only after read() was called again.
    virtual void received(const BatchView& batch) = 0;
    /// What came in is no batch. Nothing more is read unless read() is called.
    virtual void garbled(const Status& why) = 0;
    /// The stream ended or broke, and has no operation outstanding. Once; nothing is received or sent any more.
    virtual void ended() = 0;
    /// Keeps the owner, and this stream in it, alive.
    virtual std::shared_ptr<Owner> hold() = 0;
  };
  using Reader = grpc::internal::AsyncReaderInterface<grpc::ByteBuffer>;
  using Writer = grpc::internal::AsyncWriterInterface<grpc::ByteBuffer>;

  BatchStream(Owner& owner, Loops& loops, Poller& poller);

  /// Both outlive ended(). May be called again, with another loop, while no operation is outstanding.
  void attach(Reader& reader, Writer& writer, int loop);
  /// Waits for the next batch. Only if none is waited for.
  void read();
  /// Writes one batch of its own, before anything gathered; at once, or when the write that is out has ended: the
  /// answer to a write may come in before its end is told. One at a time.
  void send_alone(Bytes batch);
  /// Gathers a frame; it goes once the gate is open.
  void send(Outgoing frame);
  void open_gate();
  /// Of frames that were gathered and not yet written.
  std::size_t queued_bytes() const { return queued_bytes_; }

 private:
  void flush_soon();
  void flush();
  void drop_front(std::size_t end);
  void start_write(const grpc::Slice& bytes);
  void on_read(bool ok);
  void on_written(bool ok);

  Owner& owner_;
  Loops& loops_;
  Reader* reader_ = nullptr;
  Writer* writer_ = nullptr;
  int loop_ = 0;

  std::vector<Outgoing> queue_;  // from head_ on
  std::size_t head_ = 0;
  Bytes alone_;  // waits for the write that is out; empty: none
  std::size_t queued_bytes_ = 0;
  bool gate_open_ = false;
  bool flush_posted_ = false;
  bool writing_ = false;
  bool broken_ = false;

  grpc::ByteBuffer incoming_;
  BatchView batch_;  // kept for the memory it has grown
  Op read_op_;
  Op write_op_;
};

}  // namespace stator::grpc_transport
