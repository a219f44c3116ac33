// delta    := format:octet(=2) change:counted(a record, of record_codec.cc) count:varint replaced*
// replaced := dot place:counted
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
#include "kernel/causality/head.h"
#include "kernel/causality/record_codec.h"
#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

constexpr std::uint8_t kDeltaFormat = 2;

Context outline(const std::vector<Version>& added, const std::vector<Delta::Replaced>& replaced) {
  Context context;
  for (const Delta::Replaced& gone : replaced) context.add(gone.dot);
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
  const auto added_too = [&](const Delta::Replaced& gone) {
    return gone.dot.actor == first.actor && gone.dot.counter >= first.counter;
  };
  const auto not_before = [](const Delta::Replaced& a, const Delta::Replaced& b) { return a.dot >= b.dot; };
  const auto of_another = [&](const OpResult& op) { return op.dot != change.versions.back().dot; };
  const bool ascend =
      std::adjacent_find(delta.replaced.begin(), delta.replaced.end(), not_before) == delta.replaced.end();
  return ascend && std::none_of(delta.replaced.begin(), delta.replaced.end(), added_too) &&
         std::none_of(change.ops.begin(), change.ops.end(), of_another) &&
         (change.context == outline(change.versions, delta.replaced) || STATOR_SEEDED_BUG(delta_claims_whole_context));
}

}  // namespace

Delta make_delta(std::vector<Version> added, const std::vector<Version>& replaced, std::vector<OpResult> ops) {
  std::vector<Delta::Replaced> gone;
  gone.reserve(replaced.size());
  for (const Version& version : replaced) gone.push_back({version.dot, row_place(version)});
  std::sort(gone.begin(), gone.end());
  Context context = outline(added, gone);
  return {{std::move(context), std::move(added), std::move(ops)}, std::move(gone)};
}

bool has_base(const Record& here, const Delta& delta) {
  return !here.versions.empty() && has_base(here.context, delta);
}

bool has_base(const Context& here, const Delta& delta) {
  if (STATOR_SEEDED_BUG(delta_applied_without_base)) return true;
  const Dot& first = delta.change.versions.front().dot;
  return here.counter(first.actor) + 1 >= first.counter &&
         std::all_of(delta.replaced.begin(), delta.replaced.end(),
                     [&here](const Delta::Replaced& gone) { return here.covers(gone.dot); });
}

Record join(Record here, Delta delta, MergeReport* report) {
  const std::size_t replaced = std::erase_if(here.versions, [&delta](const Version& version) {
    const auto at = std::lower_bound(delta.replaced.begin(), delta.replaced.end(), version.dot,
                                     [](const Delta::Replaced& gone, const Dot& dot) { return gone.dot < dot; });
    return at != delta.replaced.end() && at->dot == version.dot;
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
  writer.octet(kDeltaFormat);
  writer.counted(encode_record(delta.change));
  writer.varint(delta.replaced.size());
  for (const Delta::Replaced& gone : delta.replaced) {
    put_dot(writer, delta.change.context, gone.dot);
    writer.counted(gone.place);
  }
  return out;
}

Result<Delta> decode_delta(BytesView bytes) {
  ByteReader in(bytes);
  const std::uint8_t format = in.octet();
  if (in.ok() && format != kDeltaFormat)
    return Status(Code::invalid_argument, "not a delta that can be read: its format is " + std::to_string(format) +
                                              ", this program reads " + std::to_string(kDeltaFormat));
  Result<Record> change = decode_record(in.counted());
  if (!change.is_ok()) return change.status();
  Delta delta{std::move(*change), {}};
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    Dot dot = take_dot(in, delta.change.context);
    delta.replaced.push_back({std::move(dot), Bytes(in.counted())});
  }
  if (!in.ok() || !in.at_end() || !is_sound(delta))
    return Status(Code::invalid_argument, "not a delta: malformed bytes");
  return delta;
}

}  // namespace stator
