// delta := format:octet(=1) change:counted(a record, of record_codec.cc) replaced:varint dot*
//                        dots strictly ascending, indices into the change's context, which is the outline of all dots
//
// varint, counted and dot are those of wire.h and dot_codec.h. tests/golden/delta.* keep this readable for ever.
#include "kernel/causality/delta.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "kernel/causality/dot_codec.h"
#include "kernel/causality/record_codec.h"
#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

constexpr std::uint8_t kFormat = 1;

Context outline(const std::vector<Version>& added, const std::vector<Dot>& replaced) {
  Context context;
  for (const Dot& dot : replaced) context.add(dot);
  for (const Version& version : added) context.add(version.dot);
  return context;
}

bool is_run(const std::vector<Version>& added) {
  if (added.empty()) return false;
  Dot expected = added.front().dot;
  return std::all_of(added.begin(), added.end(), [&](const Version& version) {
    const bool next = version.dot == expected;
    ++expected.counter;
    return next;
  });
}

bool is_sound(const Delta& delta) {
  const Record& change = delta.change;
  if (!is_run(change.versions)) return false;
  const Dot& first = change.versions.front().dot;
  const auto added_too = [&](const Dot& dot) { return dot.actor == first.actor && dot.counter >= first.counter; };
  const auto of_another = [&](const OpResult& op) { return op.dot != change.versions.back().dot; };
  const bool ascend =
      std::adjacent_find(delta.replaced.begin(), delta.replaced.end(), std::greater_equal<>()) == delta.replaced.end();
  return ascend && std::none_of(delta.replaced.begin(), delta.replaced.end(), added_too) &&
         std::none_of(change.ops.begin(), change.ops.end(), of_another) &&
         (change.context == outline(change.versions, delta.replaced) || STATOR_SEEDED_BUG(delta_claims_whole_context));
}

}  // namespace

Delta make_delta(std::vector<Version> added, std::vector<Dot> replaced, std::vector<OpResult> ops) {
  Context context = outline(added, replaced);
  return {{std::move(context), std::move(added), std::move(ops)}, std::move(replaced)};
}

bool has_base(const Record& here, const Delta& delta) {
  if (here.versions.empty()) return false;
  if (STATOR_SEEDED_BUG(delta_applied_without_base)) return true;
  const Dot& first = delta.change.versions.front().dot;
  return here.context.counter(first.actor) + 1 >= first.counter &&
         std::all_of(delta.replaced.begin(), delta.replaced.end(),
                     [&here](const Dot& dot) { return here.context.covers(dot); });
}

Record join(Record here, Delta delta, MergeReport* report) {
  const std::size_t replaced = std::erase_if(here.versions, [&delta](const Version& version) {
    return std::binary_search(delta.replaced.begin(), delta.replaced.end(), version.dot);
  });
  // Merged as a record that has seen nothing, it makes nothing go that it does not name.
  const Context seen = std::exchange(delta.change.context, {});
  Record joined = merge(std::move(here), std::move(delta.change), report);
  joined.context.merge(seen);
  if (report != nullptr) report->dropped += replaced;
  return joined;
}

Bytes encode_delta(const Delta& delta) {
  Bytes out;
  ByteWriter writer(out);
  writer.octet(kFormat);
  writer.counted(encode_record(delta.change));
  writer.varint(delta.replaced.size());
  for (const Dot& dot : delta.replaced) put_dot(writer, delta.change.context, dot);
  return out;
}

Result<Delta> decode_delta(BytesView bytes) {
  ByteReader in(bytes);
  const std::uint8_t format = in.octet();
  if (in.ok() && format != kFormat)
    return Status(Code::invalid_argument, "not a delta that can be read: its format is " + std::to_string(format) +
                                              ", this program reads " + std::to_string(kFormat));
  Result<Record> change = decode_record(in.counted());
  if (!change.is_ok()) return change.status();
  Delta delta{std::move(*change), {}};
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left)
    delta.replaced.push_back(take_dot(in, delta.change.context));
  if (!in.ok() || !in.at_end() || !is_sound(delta))
    return Status(Code::invalid_argument, "not a delta: malformed bytes");
  return delta;
}

}  // namespace stator
