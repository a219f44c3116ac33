#include "tests/causality/history_model.h"

#include <algorithm>
#include <utility>

#include "kernel/causality/record_codec.h"

namespace stator::model {

History::History(std::uint64_t seed, Rules rules, Options options)
    : random_(seed), rules_(std::move(rules)), options_(options), clients_(options.clients), oracle_(options.w) {
  for (std::size_t i = 0; i < options_.nodes; ++i) {
    Replica replica;
    replica.node = std::string(1, static_cast<char>('a' + i));
    replica.incarnation = next_stamp();
    replicas_.push_back(std::move(replica));
  }
}

std::optional<std::string> History::run() {
  for (std::size_t i = 0; i < options_.steps && !oracle_.violation(); ++i) step();
  if (!oracle_.violation()) heal();
  return oracle_.violation();
}

void History::step() {
  const std::size_t dice = pick(options_.faults ? 100 : 85);
  Client& client = clients_[pick(clients_.size())];
  if (dice < 15) return read(client, 1 + pick(replicas_.size()));
  if (dice < 32) return write(client, pick(replicas_.size()), false);
  if (dice < 37) return write(client, pick(replicas_.size()), true);
  if (dice < 65) return deliver();
  if (dice < 83) return sync(any_replica());
  if (dice < 85) return restart_cleanly(any_replica());
  if (dice < 92) return power_cut(any_replica());
  if (dice < 94) return wipe(pick(replicas_.size()));
  if (!messages_.empty()) messages_.erase(messages_.begin() + static_cast<std::ptrdiff_t>(pick(messages_.size())));
}

// Readers see what is durable. Sometimes a read repairs: the merged record goes to some replica.
void History::read(Client& client, std::size_t replicas) {
  Record merged;
  for (std::size_t i = 0; i < replicas; ++i) merged = rules_.merge(std::move(merged), any_replica().durable.record);
  client.observed = oracle_.seen_in(merged.versions);
  client.context = merged.context;
  if (pick(3) == 0) messages_.push_back({pick(replicas_.size()), std::move(merged), {}});
}

void History::write(Client& client, std::size_t coordinator, bool blind) {
  Replica& here = replicas_[coordinator];
  const WriteId id = oracle_.begin_write(blind ? oracle_.seen_in(here.latest.record.versions) : client.observed);
  WriteIntent intent;
  intent.op_id = op_of(id);
  intent.remove = pick(5) == 0;
  intent.max_siblings = 1000;
  if (!blind) intent.observed = client.context;
  const Stamp stamp = next_stamp();
  Result<WriteEffect> effect = apply_write(here.latest, std::move(intent), {here.node, here.incarnation, stamp, stamp});
  if (!effect.is_ok()) return oracle_.violated("a write was refused: " + effect.status().text());
  if (minted_elsewhere(effect->dot)) oracle_.violated("a new dot is covered by a state that exists");
  oracle_.signed_with(id, effect->dot, here.latest.record, effect->copy.record);
  here.latest = effect->copy;
  here.unsynced.push_back(id);
  for (std::size_t to = 0; to < replicas_.size(); ++to) {
    if (to != coordinator) messages_.push_back({to, rules_.shipped(*effect), id});
  }
}

bool History::minted_elsewhere(const Dot& dot) const {
  const auto covers = [&dot](const Context& context) { return context.covers(dot); };
  return std::any_of(replicas_.begin(), replicas_.end(),
                     [&](const Replica& replica) {
                       return covers(replica.latest.record.context) || covers(replica.durable.record.context);
                     }) ||
         std::any_of(messages_.begin(), messages_.end(),
                     [&](const Message& message) { return covers(message.record.context); }) ||
         std::any_of(clients_.begin(), clients_.end(), [&](const Client& client) { return covers(client.context); });
}

void History::arrive(Replica& replica, const Record& record) {
  Record merged = rules_.merge(replica.latest.record, record);
  replica.latest = absorb(std::move(replica.latest), record, replica.node);
  replica.latest.record = std::move(merged);
}

// Any message, in any order; one in four stays in the network and comes again.
void History::deliver() {
  if (messages_.empty()) return;
  const auto at = messages_.begin() + static_cast<std::ptrdiff_t>(pick(messages_.size()));
  Replica& replica = replicas_[at->to];
  arrive(replica, at->record);
  if (at->write) replica.unsynced.push_back(*at->write);
  if (pick(4) != 0) messages_.erase(at);
}

void History::sync(Replica& replica) {
  replica.durable = replica.latest;
  const auto number = static_cast<std::size_t>(&replica - replicas_.data());
  for (WriteId id : std::exchange(replica.unsynced, {})) oracle_.acknowledge(id, number);
}

void History::power_cut(Replica& replica) {
  replica.latest = replica.durable;
  replica.unsynced.clear();
  ++replica.breaks;
  if (rules_.unclean_restart_withdraws_marks) replica.incarnation = next_stamp();
}

void History::restart_cleanly(Replica& replica) { sync(replica); }

// A lost disk is what replication is for, as long as another disk holds what was acknowledged.
void History::wipe(std::size_t victim) {
  Record others;
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    if (i != victim) others = rules_.merge(std::move(others), replicas_[i].durable.record);
  }
  if (!oracle_.holds_all_acknowledged(others)) return;
  Replica& replica = replicas_[victim];
  replica.latest = {};
  replica.durable = {};
  replica.unsynced.clear();
  ++replica.breaks;
  replica.incarnation = next_stamp();
}

// What is still in the network arrives, then all replicas tell each other all they know.
void History::heal() {
  while (!messages_.empty()) {
    arrive(replicas_[messages_.front().to], messages_.front().record);
    messages_.pop_front();
  }
  for (int round = 0; round < 2; ++round) {
    for (Replica& to : replicas_) {
      for (const Replica& from : replicas_) arrive(to, from.latest.record);
    }
  }
  for (const Replica& replica : replicas_) {
    if (encode_record(replica.latest.record) != encode_record(replicas_.front().latest.record)) {
      oracle_.violated("replicas that heard everything hold different records");
    }
  }
  oracle_.check_healed(replicas_.front().latest.record);
  check_context_sizes();
}

void History::check_context_sizes() {
  std::size_t bound = replicas_.size();
  for (const Replica& replica : replicas_) bound += replica.breaks;
  if (replicas_.front().latest.record.context.size() > bound) {
    oracle_.violated("a context has more entries than its nodes and their breaks");
  }
}

}  // namespace stator::model
