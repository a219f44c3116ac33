#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "address.h"
#include "backoff.h"
#include "call_table.h"
#include "frame_reader.h"
#include "frame_writer.h"
#include "wire.h"

namespace stator::tcp {
namespace {

using std::chrono::milliseconds;

TimePoint at(int millis) { return TimePoint(milliseconds(millis)); }

// --- wire ---

TEST(Wire, HeadersComeBack) {
  const FrameHeader header{12345, FrameKind::reply, 0xfedcba9876543210u};
  EXPECT_EQ(decode_header(encode(header).data()), header);
}

TEST(Wire, HasTheBytesItsGrammarSays) {
  const auto bytes = encode(FrameHeader{0x01020304, FrameKind::request, 0x1112131415161718});
  EXPECT_EQ(Bytes(bytes.data(), bytes.size()), Bytes("\x04\x03\x02\x01\x03\0\0\0\x18\x17\x16\x15\x14\x13\x12\x11", 16));
  const auto preamble = encode(Preamble{2, 5});
  EXPECT_EQ(Bytes(preamble.data(), preamble.size()), Bytes("STATOR1\n\x02\0\x05\0\0\0\0\0", 16));
}

TEST(Wire, RefusesKindsItDoesNotKnow) {
  auto bytes = encode(FrameHeader{1, FrameKind::hello, 1});
  for (const char kind : {0, 7, -1}) {
    bytes[4] = kind;
    EXPECT_FALSE(decode_header(bytes.data()));
  }
  bytes[4] = 1;
  bytes[5] = 1;
  EXPECT_FALSE(decode_header(bytes.data()));
}

TEST(Wire, RefusesAPreambleThatIsNotOurs) {
  PreambleBytes good = encode(Preamble{2, 3});
  EXPECT_EQ(decode(good), (Preamble{2, 3}));
  for (const std::size_t byte : {0u, 7u, 12u, 15u}) {
    PreambleBytes bad = good;
    bad[byte] ^= 1;
    EXPECT_FALSE(decode(bad)) << byte;
  }
  EXPECT_FALSE(decode(encode(Preamble{3, 3})));
  EXPECT_FALSE(decode(encode(Preamble{0, 0})));
}

// --- reading and writing ---

struct Seen {
  FrameKind kind;
  std::uint64_t id;
  Bytes payload;
  bool operator==(const Seen&) const = default;
};

/// All that the reader makes of the stream, fed in pieces of random sizes. Nothing if it is broken.
std::optional<std::vector<Seen>> read_all(BytesView stream, std::uint32_t limit, std::mt19937& random) {
  FrameReader reader;
  std::vector<Seen> seen;
  while (true) {
    FrameHeader header;
    BytesView payload;
    switch (reader.next(limit, header, payload)) {
      case FrameReader::Next::broken: return std::nullopt;
      case FrameReader::Next::frame: seen.push_back({header.kind, header.id, Bytes(payload)}); break;
      case FrameReader::Next::incomplete: {
        if (stream.empty()) return seen;
        const std::span<char> space = reader.space();
        const std::size_t most = std::min({space.size(), stream.size(), std::size_t{1} << (random() % 18)});
        std::copy_n(stream.begin(), most, space.begin());
        reader.filled(most);
        stream.remove_prefix(most);
      }
    }
  }
}

/// Everything the writer has, taken in writes that end anywhere.
Bytes write_all(FrameWriter& writer, std::mt19937& random) {
  Bytes stream;
  for (auto pieces = writer.next(); !pieces.empty(); pieces = writer.next()) {
    Bytes written;
    for (const BytesView piece : pieces) written += piece;
    written.resize(1 + random() % written.size());
    stream += written;
    writer.sent(written.size());
  }
  return stream;
}

TEST(Frames, WhatIsWrittenIsReadHoweverItIsCut) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    FrameWriter writer;
    std::vector<Seen> sent;
    const std::size_t frames = 1 + random() % 200;
    Bytes stream;
    for (std::size_t i = 0; i < frames; ++i) {
      Bytes payload(random() % (random() % 10 == 0 ? 60'000 : 300), static_cast<char>('a' + i % 26));
      const auto kind = static_cast<FrameKind>(1 + random() % 6);
      sent.push_back({kind, i, payload});
      if (random() % 2 == 0) {
        writer.add(kind, i, BytesView(payload));
      } else {
        writer.add(kind, i, payload.empty() ? Frame() : std::make_shared<const Bytes>(payload));
      }
      if (random() % 20 == 0) stream += write_all(writer, random);
    }
    stream += write_all(writer, random);
    EXPECT_EQ(writer.queued(), 0u);
    EXPECT_EQ(read_all(stream, kMaxPayload, random), sent);
  }
}

TEST(FrameWriter, GathersATurnIntoOneWrite) {
  FrameWriter writer;
  for (std::uint64_t i = 0; i < 1000; ++i) writer.add(FrameKind::request, i, std::make_shared<const Bytes>(200, 'x'));
  EXPECT_EQ(writer.next().size(), 1u);
  EXPECT_EQ(writer.next()[0].size(), writer.queued());
}

TEST(FrameWriter, DoesNotCopyGreatFrames) {
  FrameWriter writer;
  const auto great = std::make_shared<const Bytes>(1 << 20, 'x');
  writer.add(FrameKind::request, 1, great);
  const auto pieces = writer.next();
  ASSERT_EQ(pieces.size(), 2u);
  EXPECT_EQ(pieces[1].data(), great->data());
  writer.sent(kHeaderBytes + great->size());
  EXPECT_EQ(great.use_count(), 1);
}

TEST(FrameReader, RefusesALengthAboveTheLimitBeforeItsPayloadComes) {
  std::mt19937 random(1);
  const auto header = encode(FrameHeader{1001, FrameKind::hello, 0});
  EXPECT_EQ(read_all({header.data(), header.size()}, 1000, random), std::nullopt);
  EXPECT_EQ(read_all({header.data(), header.size()}, 1001, random), std::vector<Seen>());
}

TEST(FrameReader, AClaimedLengthAllocatesNothing) {
  FrameReader reader;
  const auto header = encode(FrameHeader{kMaxPayload, FrameKind::request, 0});
  std::copy(header.begin(), header.end(), reader.space().begin());
  reader.filled(header.size());
  FrameHeader decoded;
  BytesView payload;
  EXPECT_EQ(reader.next(kMaxPayload, decoded, payload), FrameReader::Next::incomplete);
  EXPECT_LE(reader.space().size(), 1u << 20);
}

// --- calls ---

TEST(CallTable, GivesEachCallBackOnce) {
  CallTable calls;
  int ended = 0;
  const std::uint64_t id = calls.add(at(5), [&](const Result<Frame>&) { ++ended; });
  EXPECT_TRUE(calls.has(id));
  Transport::Done done = calls.take(id);
  ASSERT_TRUE(done);
  EXPECT_FALSE(calls.has(id));
  EXPECT_FALSE(calls.take(id));
  EXPECT_EQ(calls.size(), 0u);
  EXPECT_EQ(ended, 0);
}

TEST(CallTable, AnOldIdIsNotGoodForTheNextCallInItsPlace) {
  CallTable calls;
  const std::uint64_t old = calls.add(at(5), [](const Result<Frame>&) {});
  calls.take(old);
  const std::uint64_t young = calls.add(at(5), [](const Result<Frame>&) {});
  EXPECT_FALSE(calls.take(old));
  EXPECT_TRUE(calls.take(young));
  EXPECT_FALSE(calls.take(~std::uint64_t{0}));
}

TEST(CallTable, ExpiresExactlyThoseWhoseTimeHasCome) {
  CallTable calls;
  std::vector<std::uint64_t> ids;
  for (const int deadline : {30, 10, 20, 40}) ids.push_back(calls.add(at(deadline), [](const Result<Frame>&) {}));
  EXPECT_EQ(calls.earliest(), at(10));
  EXPECT_EQ(calls.take_expired(at(9)).size(), 0u);
  EXPECT_EQ(calls.take_expired(at(20)).size(), 2u);
  EXPECT_EQ(calls.earliest(), at(30));
  EXPECT_TRUE(calls.has(ids[0]));
  EXPECT_FALSE(calls.has(ids[1]));
  EXPECT_EQ(calls.take_all().size(), 2u);
  EXPECT_EQ(calls.earliest(), CallTable::kNever);
}

TEST(CallTable, ACallWithoutEndIsStillTakenWithAll) {
  CallTable calls;
  calls.add(TimePoint::max(), [](const Result<Frame>&) {});
  EXPECT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls.take_expired(at(1'000'000)).size(), 0u);
  EXPECT_EQ(calls.take_all().size(), 1u);
}

// --- back-off ---

TEST(Backoff, GrowsToItsLimitAndIsForgottenOnSuccess) {
  Backoff backoff;
  EXPECT_FALSE(backoff.blocks(at(0)));
  backoff.failed(at(0), 0);
  EXPECT_TRUE(backoff.blocks(at(99)));
  EXPECT_FALSE(backoff.blocks(at(100)));
  for (int i = 0; i < 10; ++i) backoff.failed(at(0), 0);
  EXPECT_TRUE(backoff.blocks(at(999)));
  EXPECT_FALSE(backoff.blocks(at(1000)));
  backoff.succeeded();
  EXPECT_FALSE(backoff.blocks(at(0)));
}

TEST(Backoff, IsNeverShortenedByMoreThanHalf) {
  for (std::uint64_t random = 0; random < 2000; ++random) {
    Backoff backoff;
    backoff.failed(at(0), random);
    EXPECT_TRUE(backoff.blocks(at(49)));
    EXPECT_FALSE(backoff.blocks(at(100)));
  }
}

// --- addresses ---

TEST(Address, NamesAndBothFamiliesAreTaken) {
  EXPECT_EQ(*parse_address("node-a.example:7071"), (Address{"node-a.example", 7071}));
  EXPECT_EQ(*parse_address("127.0.0.1:0"), (Address{"127.0.0.1", 0}));
  EXPECT_EQ(*parse_address("[::1]:65535"), (Address{"::1", 65535}));
  EXPECT_EQ(text_of(*parse_address("[::1]:80")), "[::1]:80");
  EXPECT_EQ(text_of(*parse_address("a:80")), "a:80");
}

TEST(Address, AnythingElseIsRefusedByName) {
  for (const char* text : {"", ":", "a", "a:", ":80", "a:65536", "a:-1", "a:8o", "::1:80", "[]:80", "a:+1"}) {
    const Result<Address> parsed = parse_address(text);
    EXPECT_FALSE(parsed.is_ok()) << text;
    EXPECT_NE(parsed.status().message().find(text), std::string::npos);
  }
}

}  // namespace
}  // namespace stator::tcp
