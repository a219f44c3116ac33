#pragma once

#include <rapidcheck.h>

#include <set>
#include <string>

#include "kernel/causality/record.h"

/// Random contexts, versions and records for rapidcheck. The universe is small on purpose, so that two records often
/// speak of the same dots: three nodes with three epochs each, counters to 4, 64 op ids.
namespace stator::generators {

inline Actor actor(std::uint64_t number) {
  return {std::string(1, static_cast<char>('a' + number % 3)), Stamp::from_millis(1 + number / 3 % 3)};
}

inline OpId op_id(std::uint64_t number) {
  OpId op{};
  op.back() = static_cast<std::uint8_t>(number);
  return op;
}

/// Uniform from the first to the last case of a run: rapidcheck's own inRange begins with small numbers only.
inline std::uint64_t below(std::uint64_t end) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::uint64_t>(0, end));
}

inline Bytes bytes(std::size_t most) {
  return *rc::gen::resize(static_cast<int>(most), rc::gen::arbitrary<std::string>());
}

inline Dot dot() { return {actor(below(9)), 1 + below(4)}; }

/// The one content that a dot has wherever it is: replicas agree about it unless somebody's bytes are damaged.
inline Version version_of(const Dot& dot) {
  Version version;
  version.dot = dot;
  version.stamp = {dot.actor.epoch.bits + dot.counter};
  version.tombstone = dot.counter == 2;
  if (!version.tombstone) version.value = dot.actor.node + std::to_string(dot.counter);
  if (dot.counter == 3) version.op_id = op_id(dot.actor.epoch.millis());
  return version;
}

inline Version any_version() {
  static const std::string kTypes[] = {"", "text/plain", "application/json", "image/x-own", "application/octet-stream"};
  Version version;
  version.dot = dot();
  version.stamp = {*rc::gen::arbitrary<std::uint64_t>()};
  version.tombstone = *rc::gen::arbitrary<bool>();
  if (!version.tombstone) {
    version.value = bytes(20);
    version.content_type = kTypes[below(5)];
  }
  if (*rc::gen::arbitrary<bool>()) version.op_id = op_id(below(64));
  if (*rc::gen::arbitrary<bool>()) version.expires = Stamp{*rc::gen::arbitrary<std::uint64_t>()};
  return version;
}

inline Context context() {
  Context made;
  const std::uint64_t entries = below(6);
  for (std::uint64_t i = 0; i < entries; ++i) made.add(dot());
  return made;
}

enum class Contents { agreed, arbitrary };

/// Any record that keeps the invariants: ascending versions and ops, all of them covered by the context.
inline Record record(Contents contents) {
  Record made;
  made.context = context();
  std::set<Dot> dots;
  const std::uint64_t versions = below(5);
  for (std::uint64_t i = 0; i < versions; ++i) dots.insert(dot());
  for (const Dot& each : dots) {
    made.versions.push_back(contents == Contents::agreed ? version_of(each) : any_version());
    made.versions.back().dot = each;
    made.context.add(each);
  }
  // Now and then as many as there may be, so that a union is cut.
  constexpr std::size_t kMost[] = {0, 0, 4, Record::kMaxOps};
  const std::uint64_t first = below(64);
  std::set<std::uint64_t> ops;
  const std::size_t wanted = kMost[below(4)];
  for (std::uint64_t i = 0; i < wanted; ++i) ops.insert((first + i) % 64);
  for (std::uint64_t op : ops) {
    made.ops.push_back({op_id(op), Stamp{below(50)}, dot()});
    made.context.add(made.ops.back().dot);
  }
  return made;
}

}  // namespace stator::generators
