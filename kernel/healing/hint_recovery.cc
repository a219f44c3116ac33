#include "kernel/healing/hint_recovery.h"

#include <optional>

#include "kernel/causality/wire.h"
#include "kernel/replica/storage_keys.h"
#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

std::uint16_t u16be(ByteReader& in) {
  const auto high = static_cast<std::uint16_t>(in.octet());
  return static_cast<std::uint16_t>(high << 8 | in.octet());
}

}  // namespace

Status recover_hints(Store& store, const VisitHint& visit) {
  if (STATOR_SEEDED_BUG(hints_forgotten_at_restart)) return Status::ok();
  bool malformed = false;
  Status scanned = store.storage().scan(Bytes(1, '\2'), Bytes(1, '\3'), [&](BytesView storage_key, BytesView value) {
    ByteReader in(storage_key.substr(1));
    const BytesView target = in.raw(in.octet());
    const Partition partition = u16be(in);
    const std::uint16_t keyspace = u16be(in);
    const BytesView key = in.raw(in.left());
    malformed = !in.ok() || target.empty() || key.empty();
    if (!malformed) visit({store, partition, keyspace, key, target}, value);
    return !malformed;
  });
  if (!scanned.is_ok()) return scanned;
  return malformed ? Status(Code::data_loss, "a hint in the store is not filed under a key and a target")
                   : Status::ok();
}

}  // namespace stator
