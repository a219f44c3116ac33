#include "kernel/causality/head.h"

#include <algorithm>
#include <utility>

#include "kernel/causality/record_codec.h"
#include "kernel/causality/wire.h"

namespace stator {
namespace {

constexpr std::uint8_t kHeadFormat = 3;

void put_escaped(Bytes& out, BytesView field) {
  for (const char octet : field) {
    out.push_back(octet);
    if (octet == '\0') out.push_back('\377');
  }
}

std::uint64_t cost(const Version& version) { return kVersionCost + version.value.size(); }

}  // namespace

void Head::add(const Version& version) {
  ++count;
  cost += stator::cost(version);
  sum += version_digest(version);
  newest = std::max(newest, version.stamp);
  if (version.expires) expires = expires.bits == 0 ? *version.expires : std::min(expires, *version.expires);
}

void Head::remove(const Version& version) {
  --count;
  cost -= stator::cost(version);
  sum -= version_digest(version);
}

std::uint64_t Head::digest() const { return record_digest(rest.record, count, sum); }

Head head_of(const Copy& copy) {
  Head head{{{copy.record.context, {}, copy.record.ops}, copy.mark}};
  for (const Version& version : copy.record.versions) head.add(version);
  return head;
}

Bytes encode_head(const Head& head) {
  Bytes out;
  ByteWriter writer(out);
  writer.octet(kHeadFormat);
  writer.counted(encode_copy(head.rest));
  writer.varint(head.count);
  writer.varint(head.cost);
  writer.word(head.sum);
  writer.word(head.newest.bits);
  writer.word(head.expires.bits);
  return out;
}

Result<Head> decode_head(BytesView bytes) {
  ByteReader in(bytes);
  if (in.octet() != kHeadFormat) in.fail();
  Result<Copy> rest = decode_copy(in.counted());
  if (!rest.is_ok()) return rest.status();
  Head head{std::move(*rest)};
  head.count = in.varint();
  head.cost = in.varint();
  head.sum = in.word();
  head.newest.bits = in.word();
  head.expires.bits = in.word();
  if (!in.ok() || !in.at_end() || !head.rest.record.versions.empty())
    return Status(Code::data_loss, "not the head of a stored copy: malformed bytes");
  return head;
}

Bytes removal_place() { return Bytes(1, '\0'); }

Bytes field_places(BytesView prefix) {
  Bytes place(1, '\1');
  place.reserve(prefix.size() + 3);
  put_escaped(place, prefix);
  return place;
}

Bytes field_place(BytesView field) { return field_places(field).append(2, '\0'); }

Bytes row_place(const Version& version) {
  return version.tombstone ? removal_place() : field_place(item_field(version.value));
}

Bytes encode_item(BytesView field, BytesView value) {
  Bytes item;
  item.reserve(field.size() + value.size() + 4);
  ByteWriter writer(item);
  writer.counted(field);
  writer.raw(value);
  return item;
}

BytesView item_field(BytesView value) {
  ByteReader in(value);
  const BytesView field = in.counted();
  return in.ok() ? field : BytesView();
}

}  // namespace stator
