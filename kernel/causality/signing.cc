#include "kernel/causality/signing.h"

#include <utility>

#include "kernel/seeded_bugs.h"

namespace stator {

void drop_disproved_mark(Copy& copy, const Context& elsewhere, const std::string& node) {
  if (!copy.mark || STATOR_SEEDED_BUG(epoch_kept_on_lost_mark)) return;
  const Actor self{node, copy.mark->epoch};
  if (elsewhere.counter(self) > copy.record.context.counter(self)) copy.mark.reset();
}

Actor actor_of(Copy& copy, const Signer& signer) {
  const bool holds =
      copy.mark && copy.mark->incarnation == signer.incarnation && !STATOR_SEEDED_BUG(epoch_for_every_write);
  if (!holds) copy.mark = Mark{signer.epoch, signer.incarnation};
  return {signer.node, copy.mark->epoch};
}

Dot next_dot(const Record& record, Actor actor) {
  const std::uint64_t counter = record.context.counter(actor) + 1;
  if (STATOR_SEEDED_BUG(counter_not_incremented) && counter > 1) return {std::move(actor), counter - 1};
  return {std::move(actor), counter};
}

bool lives(const Version& version, Stamp now) {
  return !version.tombstone && (!version.expires || version.expires->millis() > now.millis());
}

void note_op(Record& record, const std::optional<OpId>& op, Stamp stamp, const Dot& dot) {
  if (!op) return;
  Record noted;
  noted.ops.push_back({*op, stamp, dot});
  record.ops = merge(Record{{}, {}, std::move(record.ops)}, std::move(noted)).ops;
}

const OpResult* find_op(const Record& record, const std::optional<OpId>& op) {
  if (!op || STATOR_SEEDED_BUG(op_id_ignored)) return nullptr;
  for (const OpResult& entry : record.ops) {
    if (entry.op == *op) return &entry;
  }
  return nullptr;
}

}  // namespace stator
