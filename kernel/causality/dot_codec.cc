#include "kernel/causality/dot_codec.h"

#include <algorithm>
#include <cstdint>

#include "kernel/invariant.h"

namespace stator {
namespace {

// Actors that are made room for at once, whatever a count says.
constexpr std::uint64_t kFew = 8;

std::size_t actor_index(const Context& context, const Dot& dot) {
  const auto& entries = context.entries();
  // Few entries, and the epochs of two are hardly ever equal: faster than to search by name.
  const auto at = std::find_if(entries.begin(), entries.end(), [&dot](const Context::Entry& entry) {
    return entry.actor.epoch == dot.actor.epoch && entry.actor.node == dot.actor.node;
  });
  STATOR_INVARIANT(at != entries.end() && dot.counter >= 1 && dot.counter <= at->counter,
                   "a record's context covers all its dots");
  return static_cast<std::size_t>(at - entries.begin());
}

}  // namespace

void put_context(ByteWriter& out, const Context& context) {
  out.varint(context.size());
  for (const Context::Entry& entry : context.entries()) {
    out.counted(entry.actor.node);
    out.word(entry.actor.epoch.bits);
    out.varint(entry.counter);
  }
}

Context take_context(ByteReader& in) {
  Context context;
  const Actor* previous = nullptr;
  std::uint64_t left = in.varint();
  context.reserve(std::min<std::uint64_t>(left, kFew));
  for (; left > 0 && in.ok(); --left) {
    Dot dot;
    dot.actor.node = in.counted();
    dot.actor.epoch.bits = in.word();
    dot.counter = in.varint();
    if (dot.counter == 0 || (previous != nullptr && !(*previous < dot.actor))) in.fail();
    if (!in.ok()) break;
    context.add(dot);
    previous = &context.entries().back().actor;
  }
  return context;
}

void put_dot(ByteWriter& out, const Context& context, const Dot& dot) {
  out.varint(actor_index(context, dot));
  out.varint(dot.counter);
}

Dot take_dot(ByteReader& in, const Context& context) {
  const std::uint64_t index = in.varint();
  const std::uint64_t counter = in.varint();
  if (!in.ok() || index >= context.size() || counter == 0 || counter > context.entries()[index].counter) {
    in.fail();
    return {};
  }
  return {context.entries()[index].actor, counter};
}

}  // namespace stator
