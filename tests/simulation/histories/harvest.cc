#include "tests/simulation/histories/harvest.h"

namespace stator::simulation {
namespace {

void harvest_shard(const Shard& shard, Chronicle& chronicle) {
  const ReadRepairs& repairs = shard.coordinator.read_repairs();
  chronicle.met(Seen::read_repair, repairs.repaired);
  chronicle.met(Seen::read_repair_left, repairs.left);
  chronicle.met(Seen::delta_sent, shard.coordinator.deltas().sent);
  chronicle.met(Seen::base_lacked, shard.coordinator.deltas().lacking_base);
  chronicle.met(Seen::hedge, shard.coordinator.hedges());
  chronicle.met(Seen::tree_rebuilt, shard.anti_entropy->builder().rebuilds());
}

void harvest_hints(const Node& node, Chronicle& chronicle) {
  for (const auto& [target, totals] : node.hint_ledger().totals()) {
    chronicle.met(Seen::hint_delivered, totals.delivered);
    chronicle.met(Seen::hint_rehomed, totals.rehomed);
    chronicle.met(Seen::hint_overflowed, totals.overflowed);
    chronicle.met(Seen::hint_given_up, totals.given_up);
    chronicle.met(Seen::hint_dropped, totals.dropped - totals.given_up);
  }
}

void harvest_repairs(const Node& node, Chronicle& chronicle) {
  const RepairCounters& repairs = node.repair_counters();
  chronicle.met(Seen::repair_pulled, repairs.pulled);
  chronicle.met(Seen::repair_pushed, repairs.pushed);
  chronicle.met(Seen::copy_vouched_for, repairs.vouched_for);
  chronicle.met(Seen::copy_given_up, repairs.given_up);
  chronicle.met(Seen::sifted, repairs.sifted);
  chronicle.met(Seen::sifted_again, repairs.sifted_again);
  for (const auto& [name, keyspace] : node.keyspaces()) {
    chronicle.met(Seen::lease_busy, node.repair(*keyspace).leases.busy());
    chronicle.met(Seen::read_refused_in_doubt, keyspace->authority->refused());
  }
}

void harvest_scrub(const Node& node, Chronicle& chronicle) {
  const ScrubCounters& scrub = node.scrub().counters();
  chronicle.met(Seen::scrubbed, scrub.partitions - scrub.differences);
  chronicle.met(Seen::scrub_difference, scrub.differences);
  chronicle.met(Seen::scrub_damage, scrub.damage);
}

void harvest_collections(const Node& node, Chronicle& chronicle) {
  const CollectionCounters& collections = node.collection_counters();
  chronicle.met(Seen::collected, collections.collected);
  for (CollectBlock block : {CollectBlock::differs, CollectBlock::writing, CollectBlock::hint})
    chronicle.met(Seen::collection_cancelled, collections.left[static_cast<std::size_t>(block)]);
  chronicle.met(Seen::collection_too_young, collections.left[static_cast<std::size_t>(CollectBlock::young)]);
}

}  // namespace

void harvest_counters(const Node& node, Chronicle& chronicle) {
  const ReplicaCounters& counters = node.counters();
  if (counters.corrupt_dots > 0) chronicle.violated("one dot was found with two contents");
  chronicle.met(Seen::far_stamp_refused, counters.stamps_refused);
  chronicle.met(Seen::too_old_refused, counters.outlived);
  chronicle.met(Seen::arrival_behind_barrier, counters.behind_barrier);
  chronicle.met(Seen::written_apart, counters.apart);
  const LivesCounters& lives = node.lives().counters();
  chronicle.met(Seen::away_too_long, lives.away);
  chronicle.met(Seen::doubt_resumed, lives.resumed);
  chronicle.met(Seen::authority_regained, lives.regained);
  for (const auto& shard : node.shards()) harvest_shard(*shard, chronicle);
  harvest_hints(node, chronicle);
  harvest_repairs(node, chronicle);
  harvest_collections(node, chronicle);
  harvest_scrub(node, chronicle);
  for (const auto& store : node.stores()) chronicle.met(Seen::failed_commit, store->unclean() ? 1 : 0);
}

}  // namespace stator::simulation
