#include "batch_codec.h"

#include <gtest/gtest.h>

#include "stator/v1/carrier.pb.h"

namespace stator::grpc_transport {
namespace {

Frame frame(Bytes bytes) { return std::make_shared<const Bytes>(std::move(bytes)); }

std::vector<Outgoing> sample() {
  return {{0, false, frame("")},
          {1, false, frame("a")},
          {127, true, frame(Bytes(127, '\0'))},
          {128, false, frame(Bytes(128, '\xff'))},
          {0xFFFFFFFFFFFFFFFF, true, frame(Bytes(70'000, 'x'))}};
}

Bytes encoded(const std::vector<Outgoing>& frames) {
  Bytes bytes(encoded_size(frames), '\0');
  encode(frames, bytes.data());
  return bytes;
}

TEST(BatchCodec, WritesWhatTheGeneratedClassWrites) {
  v1::Batch batch;
  for (const Outgoing& out : sample()) {
    v1::Envelope& envelope = *batch.add_frames();
    envelope.set_id(out.id);
    envelope.set_reply(out.reply);
    envelope.set_payload(*out.payload);
  }
  EXPECT_EQ(encoded(sample()), batch.SerializeAsString());

  v1::Batch hello;
  hello.set_hello("node-a");
  hello.set_loop(300);
  EXPECT_EQ(encode_hello("node-a", 300), hello.SerializeAsString());

  v1::Batch refusal;
  refusal.set_refusal("another cluster");
  EXPECT_EQ(encode_refusal("another cluster"), refusal.SerializeAsString());
}

TEST(BatchCodec, ReadsWhatItWrote) {
  Bytes bytes = encoded(sample());
  BatchView batch;
  ASSERT_TRUE(decode(bytes, batch).is_ok());
  ASSERT_EQ(batch.frames.size(), sample().size());
  for (std::size_t at = 0; at < batch.frames.size(); ++at) {
    EXPECT_EQ(batch.frames[at].id, sample()[at].id);
    EXPECT_EQ(batch.frames[at].reply, sample()[at].reply);
    EXPECT_EQ(batch.frames[at].payload, *sample()[at].payload);
  }
}

TEST(BatchCodec, ForgetsTheBatchBefore) {
  BatchView batch;
  ASSERT_TRUE(decode(encode_hello("node-a", 7), batch).is_ok());
  EXPECT_EQ(batch.loop, 7u);
  ASSERT_TRUE(decode("", batch).is_ok());
  EXPECT_TRUE(batch.hello.empty());
  EXPECT_EQ(batch.loop, 0u);
}

TEST(BatchCodec, SkipsFieldsOfLaterVersions) {
  // Fields 15 of each wire type before a hello, and an envelope with one.
  Bytes bytes(
      "\x78\x05"
      "\x79"
      "12345678"
      "\x7a\x02zz"
      "\x7d"
      "1234"
      "\x0a\x01h"
      "\x1a\x04\x08\x09\x78\x01",
      29);
  BatchView batch;
  ASSERT_TRUE(decode(bytes, batch).is_ok());
  EXPECT_EQ(batch.hello, "h");
  ASSERT_EQ(batch.frames.size(), 1u);
  EXPECT_EQ(batch.frames[0].id, 9u);
}

TEST(BatchCodec, RefusesWhatIsCutShort) {
  Bytes whole = encoded({{5, false, frame("payload")}});
  BatchView batch;
  for (std::size_t size = 1; size < whole.size(); ++size) {
    EXPECT_EQ(decode(BytesView(whole).substr(0, size), batch).code(), Code::invalid_argument) << size;
  }
}

TEST(BatchCodec, RefusesAVarintWithoutEnd) {
  BatchView batch;
  EXPECT_FALSE(decode(Bytes(20, '\xff'), batch).is_ok());
  EXPECT_FALSE(decode("\x10" + Bytes(11, '\x80'), batch).is_ok());
}

}  // namespace
}  // namespace stator::grpc_transport
