// record  := format:octet(=1) context versions:varint version* ops:varint op*
// version := dot stamp:zigzag(minus the actor's epoch) flags:octet type:counted? value:counted? op:16 octets?
// expires:word?
//                                                         strictly ascending by dot
// flags   := bit 0 tombstone (no type, no value) · bit 1 op id · bit 2 expiry · bits 4-7 content type: 0 none, 1…
// kTypes, 15 spelled out
// op      := id:16 octets dot stamp:zigzag(as above)      strictly ascending by id, at most 32
//
// context and dot are those of dot_codec.h; varint, zigzag, word and counted those of wire.h. tests/golden/record.*
// keep this readable for ever.
#include "kernel/causality/record_codec.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include "kernel/causality/dot_codec.h"
#include "kernel/causality/head.h"
#include "kernel/causality/op_id.h"

namespace stator {
namespace {

constexpr std::uint8_t kRecordFormat = 1;
constexpr std::uint8_t kTombstone = 1;
constexpr std::uint8_t kHasOp = 2;
constexpr std::uint8_t kHasExpiry = 4;
constexpr std::uint8_t kReserved = 8;
constexpr std::uint8_t kSpelledOut = 15;

// Content types that cost no bytes. Only ever appended to.
constexpr std::array<std::string_view, 6> kTypes = {
    "",           "application/octet-stream", "application/x-www-form-urlencoded",
    "text/plain", "application/json",         "text/plain; charset=utf-8"};

std::uint8_t type_code(std::string_view type) {
  auto at = std::find(kTypes.begin(), kTypes.end(), type);
  return at == kTypes.end() ? kSpelledOut : static_cast<std::uint8_t>(at - kTypes.begin());
}

// Stamps are near their actor's epoch, so the difference is short. Wraps around, both ways alike.
void put_stamp(ByteWriter& out, Stamp stamp, Stamp epoch) {
  out.zigzag(static_cast<std::int64_t>(stamp.bits - epoch.bits));
}
Stamp take_stamp(ByteReader& in, Stamp epoch) { return {epoch.bits + static_cast<std::uint64_t>(in.zigzag())}; }

OpId take_op(ByteReader& in) {
  OpId op{};
  const BytesView bytes = in.raw(op.size());
  if (in.ok()) std::memcpy(op.data(), bytes.data(), op.size());
  return op;
}

void put_version(ByteWriter& out, const Context& context, const Version& version) {
  put_dot(out, context, version.dot);
  put_stamp(out, version.stamp, version.dot.actor.epoch);
  const std::uint8_t type = version.tombstone ? 0 : type_code(version.content_type);
  out.octet(static_cast<std::uint8_t>((version.tombstone ? kTombstone : 0) | (version.op_id ? kHasOp : 0) |
                                      (version.expires ? kHasExpiry : 0) | type << 4));
  if (!version.tombstone) {
    if (type == kSpelledOut) out.counted(version.content_type);
    out.counted(version.value);
  }
  if (version.op_id) out.raw(view(*version.op_id));
  if (version.expires) out.word(version.expires->bits);
}

void take_content(ByteReader& in, std::uint8_t type, Version& version) {
  if (type == kSpelledOut) {
    version.content_type = in.counted();
    if (type_code(version.content_type) != kSpelledOut) in.fail();
  } else if (type < kTypes.size()) {
    version.content_type = kTypes[type];
  } else {
    in.fail();
  }
  version.value = in.counted();
}

Version take_version(ByteReader& in, const Context& context) {
  Version version;
  version.dot = take_dot(in, context);
  version.stamp = take_stamp(in, version.dot.actor.epoch);
  const std::uint8_t flags = in.octet();
  version.tombstone = (flags & kTombstone) != 0;
  if ((flags & kReserved) != 0 || (version.tombstone && flags >> 4 != 0)) in.fail();
  if (!version.tombstone) take_content(in, flags >> 4, version);
  if ((flags & kHasOp) != 0) version.op_id = take_op(in);
  if ((flags & kHasExpiry) != 0) version.expires = Stamp{in.word()};
  return version;
}

std::vector<Version> take_versions(ByteReader& in, const Context& context) {
  std::vector<Version> versions;
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    Version version = take_version(in, context);
    if (!versions.empty() && !(versions.back().dot < version.dot)) in.fail();
    if (in.ok()) versions.push_back(std::move(version));
  }
  return versions;
}

std::vector<OpResult> take_ops(ByteReader& in, const Context& context) {
  const std::uint64_t count = in.varint();
  if (count > Record::kMaxOps) return in.fail(), std::vector<OpResult>();
  std::vector<OpResult> ops;
  ops.reserve(count);
  for (std::uint64_t left = count; left > 0 && in.ok(); --left) {
    const OpId op = take_op(in);
    Dot dot = take_dot(in, context);
    const Stamp stamp = take_stamp(in, dot.actor.epoch);
    if (!ops.empty() && !earlier_op(ops.back().op, op)) in.fail();
    ops.push_back({op, stamp, std::move(dot)});
  }
  return ops;
}

std::uint64_t hash(BytesView bytes) {
  const std::uint64_t digest = XXH3_64bits(bytes.data(), bytes.size());
  return digest == 0 ? 1 : digest;
}

// Whether an encoding, if it is one, says that there are so many versions.
bool is_large(BytesView encoded_record) {
  // Each takes more bytes than this; so most are known to be none at once.
  constexpr std::size_t kLeastVersion = 3;
  if (encoded_record.size() < kRowsFrom * kLeastVersion) return false;
  ByteReader in(encoded_record);
  if (in.octet() != kRecordFormat) return false;
  for (std::uint64_t actors = in.varint(); actors > 0 && in.ok(); --actors) {
    (void)in.counted();
    (void)in.word();
    (void)in.varint();
  }
  return in.varint() >= kRowsFrom && in.ok();
}

}  // namespace

void encode_record(const Record& record, Bytes& out) {
  ByteWriter writer(out);
  writer.octet(kRecordFormat);
  put_context(writer, record.context);
  writer.varint(record.versions.size());
  for (const Version& version : record.versions) put_version(writer, record.context, version);
  writer.varint(record.ops.size());
  for (const OpResult& op : record.ops) {
    writer.raw(view(op.op));
    put_dot(writer, record.context, op.dot);
    put_stamp(writer, op.stamp, op.dot.actor.epoch);
  }
}

Bytes encode_record(const Record& record) {
  std::size_t size = 64 * (1 + record.versions.size()) + 32 * (record.context.size() + record.ops.size());
  for (const Version& version : record.versions) size += version.value.size();
  Bytes out;
  out.reserve(size);
  encode_record(record, out);
  return out;
}

Result<Record> decode_record(BytesView bytes) {
  ByteReader in(bytes);
  const std::uint8_t format = in.octet();
  if (in.ok() && format != kRecordFormat)
    return Status(Code::invalid_argument, "not a record that can be read: its format is " + std::to_string(format) +
                                              ", this program reads " + std::to_string(kRecordFormat));
  Record record;
  record.context = take_context(in);
  record.versions = take_versions(in, record.context);
  record.ops = take_ops(in, record.context);
  if (!in.ok() || !in.at_end()) return Status(Code::invalid_argument, "not a record: malformed bytes");
  return record;
}

Bytes encode_context(const Context& context) {
  Bytes out;
  ByteWriter writer(out);
  put_context(writer, context);
  return out;
}

Result<Context> decode_context(BytesView bytes) {
  ByteReader in(bytes);
  Context context = take_context(in);
  if (!in.ok() || !in.at_end()) return Status(Code::invalid_argument, "not a context: malformed bytes");
  return context;
}

Bytes encode_version(const Version& version) {
  Record alone;
  alone.context.add(version.dot);
  alone.versions.push_back(version);
  return encode_record(alone);
}

std::uint64_t record_digest(BytesView encoded_record) {
  if (!is_large(encoded_record)) return hash(encoded_record);
  const Result<Record> record = decode_record(encoded_record);
  return record.is_ok() ? record_digest(*record) : hash(encoded_record);
}

std::uint64_t record_digest(const Record& record) {
  if (record.versions.size() < kRowsFrom) return hash(encode_record(record));
  std::uint64_t sum = 0;
  for (const Version& version : record.versions) sum += version_digest(version);
  return record_digest({record.context, {}, record.ops}, record.versions.size(), sum);
}

std::uint64_t record_digest(const Record& rest, std::uint64_t versions, std::uint64_t sum) {
  Bytes summary = encode_record(rest);
  ByteWriter writer(summary);
  writer.varint(versions);
  writer.word(sum);
  return hash(summary);
}

std::uint64_t version_digest(const Version& version) { return hash(encode_version(version)); }

}  // namespace stator
