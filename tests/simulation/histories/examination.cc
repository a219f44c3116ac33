#include "tests/simulation/histories/examination.h"

#include <algorithm>
#include <map>
#include <utility>

#include "kernel/replica/row_tally.h"
#include "kernel/replica/storage_keys.h"

namespace stator::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kLongestHealing = seconds(120);

/// By the time of an examination every short life is over.
bool has_expired(const Version& version) {
  return version.expires && version.expires->millis() - version.stamp.millis() < Truth::kForEver;
}

bool lives_on(const Version& version) { return !version.tombstone && !has_expired(version); }

std::vector<Version> shown(const Record& record) {
  std::vector<Version> versions = visible_versions(record);
  for (Version& version : versions) {
    if (version.tombstone || !has_expired(version)) continue;
    version.tombstone = true;
    version.value.clear();
    version.content_type.clear();
  }
  return versions;
}

}  // namespace

bool Examination::holds_anything(std::size_t node) {
  const std::vector<TruthTable::Place>& places = parts_.truths.places();
  return std::any_of(places.begin(), places.end(), [&](const TruthTable::Place& place) {
    return parts_.cluster.digest(node, place.key, place.rules->name) != 0;
  });
}

std::optional<std::string> Examination::disagreement() {
  for (const TruthTable::Place& entry : parts_.truths.places()) {
    std::optional<std::uint64_t> first;
    for (std::size_t node : parts_.cluster.holders(entry.key, entry.rules->name)) {
      const std::uint64_t digest = parts_.cluster.digest(node, entry.key, entry.rules->name);
      if (first.value_or(digest) != digest) return entry.key + " differs on " + parts_.cluster[node].id();
      first = digest;
    }
  }
  return unfinished_healing();
}

std::optional<std::string> Examination::unfinished_healing() {
  for (std::size_t node = 0; node < parts_.cluster.size(); ++node) {
    for (const auto& [name, keyspace] : parts_.cluster[node].node().keyspaces()) {
      if (keyspace->authority->in_doubt()) return parts_.cluster[node].id() + " is still in doubt of " + name;
    }
    for (const auto& [target, totals] : parts_.cluster[node].node().hint_ledger().totals()) {
      if (totals.pending > 0) return parts_.cluster[node].id() + " still has hints for " + target;
    }
    if (const std::optional<std::string> unfit = misfit(node)) return unfit;
    // What could not be removed is found, and delivered once more, after the next start.
    if (parts_.injector.may_keep_hints(node)) continue;
    bool found = false;
    const Status scanned = parts_.cluster[node].node().stores().front()->storage().scan(
        hint_prefix(""), "\3", [&found](BytesView /*key*/, BytesView /*value*/) { return !(found = true); });
    if (found || !scanned.is_ok()) return parts_.cluster[node].id() + " still stores hints";
  }
  return std::nullopt;
}

std::optional<std::string> Examination::misfit(std::size_t node) {
  RowFit fit;
  const auto look = [&fit](BytesView key, BytesView stored) {
    (void)(parse_row_key(key) ? fit.row(key, stored) : is_head(stored) && fit.head(key, stored));
    return true;
  };
  Storage& storage = parts_.cluster[node].node().stores().front()->storage();
  const bool scanned =
      storage.scan(data_prefix(0).substr(0, 1), "\2", look).is_ok() && storage.scan(rows_begin(0, 0), {}, look).is_ok();
  // Of what is on its way now the one may be met and the other not: they are looked at again.
  const std::vector<RowFit::Misfit> misfits = fit.misfits();
  if (!scanned) return parts_.cluster[node].id() + " cannot read all that it holds";
  if (misfits.empty()) return std::nullopt;
  return parts_.cluster[node].id() + " holds rows of " + misfits.front().key + " that do not fit its head";
}

void Examination::read_everything() {
  for (const TruthTable::Place& entry : parts_.truths.places()) {
    GetRequest all = get_of(entry.key);
    all.head.keyspace = entry.rules->name;
    all.head.consistency = Consistency::all;
    const std::vector<std::size_t> holders = parts_.cluster.holders(entry.key, entry.rules->name);
    parts_.cluster.get(holders[turn_ % holders.size()], std::move(all), [](const Outcome<GetResult>&) {});
  }
  ++turn_;
}

bool Examination::await_agreement(Healing healing) {
  const TimePoint last = parts_.cluster.scheduler().now() + kLongestHealing;
  // What was on its way when the faults ended has arrived or met its deadline by then, and every
  // stamp is believed.
  parts_.cluster.scheduler().run_for(seconds(1) +
                                     std::max<Duration>(seconds(3), parts_.configuration.network.longest_straggle) +
                                     parts_.injector.clock_debt());
  while (std::optional<std::string> differing = disagreement()) {
    if (parts_.cluster.scheduler().now() >= last) {
      parts_.chronicle.violated("replicas do not become equal: " + *differing);
      return false;
    }
    if (healing == Healing::by_reads) read_everything();
    parts_.cluster.scheduler().run_for(milliseconds(500));
  }
  return true;
}

// Clocks are right again, and so all alike.
std::optional<std::string> Examination::unended_life() {
  const std::uint64_t now = parts_.cluster[0].executor().wall_millis();
  for (const TruthTable::Place& entry : parts_.truths.places()) {
    for (const std::optional<Record>& copy : copies(entry.key, entry.rules->name)) {
      if (!copy) continue;
      const std::vector<Version>& versions = copy->versions;
      if (parts_.configuration.collects && std::none_of(versions.begin(), versions.end(), lives_on))
        return "what is left of " + entry.key + " is never collected";
      for (const Version& version : versions) {
        if (has_expired(version) && version.expires->millis() >= now) return entry.key + " expires too late";
      }
    }
  }
  return std::nullopt;
}

bool Examination::await_ends_of_lives() {
  const TimePoint last = parts_.cluster.scheduler().now() + kLongestHealing;
  for (std::optional<std::string> left; (left = unended_life()) || (left = disagreement());) {
    if (parts_.cluster.scheduler().now() >= last) {
      parts_.chronicle.violated(*left);
      return false;
    }
    parts_.cluster.scheduler().run_for(milliseconds(500));
  }
  return true;
}

std::vector<std::optional<Record>> Examination::copies(const Bytes& key, const std::string& keyspace) {
  std::vector<std::optional<Record>> all;
  for (std::size_t node : parts_.cluster.holders(key, keyspace))
    all.push_back(parts_.cluster.copy(node, key, keyspace));
  return all;
}

void Examination::judge() {
  for (TruthTable::Entry& entry : parts_.truths.entries()) {
    const Record record = copies(entry.key, entry.rules->name).front().value_or(Record());
    judge_record(entry, record);
    if (parts_.chronicle.violation()) return;
    for (std::size_t node = 0; node < parts_.cluster.size(); ++node) question(entry, record, node);
  }
  for (const OperationTable::Entry& entry : parts_.operations.entries()) judge_datatype(entry);
  parts_.cluster.scheduler().run_for(seconds(3));
  if (std::optional<std::string> differing = disagreement())
    parts_.chronicle.violated("a healed cluster comes apart by itself: " + *differing);
  check_rest();
}

void Examination::judge_record(TruthTable::Entry& entry, const Record& record) {
  if (auto wrong = entry.truth.judge_healed(record, parts_.configuration.collects)) parts_.chronicle.violated(*wrong);
  judge_context(entry, record.context);
}

// Every node shows the same, and that is what follows from what was done.
void Examination::judge_datatype(const OperationTable::Entry& entry) {
  const Record record = copies(entry.key, entry.rules->name).front().value_or(Record());
  if (auto wrong = entry.truth.judge_healed(record, parts_.configuration.collects))
    return parts_.chronicle.violated(*wrong);
  for (std::size_t node = 0; node < parts_.cluster.size(); ++node) {
    GetRequest get = get_of(entry.key);
    get.head.keyspace = entry.rules->name;
    Outcome<GetResult> read = parts_.cluster.get(node, std::move(get));
    if (!read.is_ok())
      return parts_.chronicle.violated("a healed cluster does not answer: " + read.failure().status.text());
    if (auto wrong = entry.truth.judge_shown(*read)) return parts_.chronicle.violated(*wrong);
    if (read->clock != record.context)
      return parts_.chronicle.violated("a healed cluster does not say what it has seen of " + entry.key);
  }
}

// Property 8: an entry for each node, and one for each break it had.
void Examination::judge_context(const TruthTable::Entry& entry, const Context& context) {
  std::map<std::string, std::size_t> epochs;
  for (const Context::Entry& seen : context.entries()) ++epochs[seen.actor.node];
  for (const auto& [node, count] : epochs) {
    const auto number = static_cast<std::size_t>(node.back() - 'a');
    if (parts_.injector.commits_failed(number)) continue;
    const std::size_t most = parts_.watch.most_epochs(entry, number, parts_.injector.breaks(number));
    if (count > most) {
      parts_.chronicle.violated("the context of " + entry.key + " has " + std::to_string(count) + " epochs of " + node +
                                ", which had breaks for " + std::to_string(most));
    }
  }
}

// A clock that was pushed ahead signs nothing until its new limit is on disk: a moment.
Outcome<PutResult> Examination::put(std::size_t node, const PutRequest& request) {
  Outcome<PutResult> outcome = parts_.cluster.put(node, request);
  for (int tries = 1; tries < 5 && !outcome.is_ok() && outcome.failure().status.code() == Code::unavailable; ++tries) {
    parts_.cluster.scheduler().run_for(milliseconds(100));
    outcome = parts_.cluster.put(node, request);
  }
  return outcome;
}

// Every node answers alike, refuses to create what is there, and takes a retry for what it is.
void Examination::question(TruthTable::Entry& entry, const Record& record, std::size_t node) {
  GetRequest get = get_of(entry.key);
  get.head.keyspace = entry.rules->name;
  Outcome<GetResult> read = parts_.cluster.get(node, std::move(get));
  if (!read.is_ok())
    return parts_.chronicle.violated("a healed cluster does not answer: " + read.failure().status.text());
  if (read->siblings != shown(record))
    return parts_.chronicle.violated("a healed cluster does not say what it holds of " + entry.key);
  if (read->found && entry.rules->n > 1) {
    PutRequest create = put_of(entry.key, "created");
    create.head.keyspace = entry.rules->name;
    create.create_only = true;
    const Outcome<PutResult> created = put(node, create);
    if (created.is_ok() || created.failure().status.code() != Code::failed_precondition)
      return parts_.chronicle.violated(entry.key + " is there, and may be created all the same: " +
                                       (created.is_ok() ? "acknowledged" : created.failure().status.text()));
  }
  repeat_a_write(entry, record, node);
}

void Examination::repeat_a_write(TruthTable::Entry& entry, const Record& record, std::size_t node) {
  for (const Version& version : record.versions) {
    if (!version.op_id || version.tombstone) continue;
    PutRequest again = put_of(entry.key, version.value);
    again.head.keyspace = entry.rules->name;
    again.op_id = version.op_id;
    again.context = tokens_.issue({}, entry.rules->name, entry.key);
    if (!put(node, again).is_ok()) return parts_.chronicle.violated("a healed cluster takes no retry");
    if (parts_.cluster.copy(parts_.cluster.holders(entry.key, entry.rules->name).front(), entry.key,
                            entry.rules->name) != record)
      parts_.chronicle.violated("a retry of a write of " + entry.key + " was taken for a new one");
    return;
  }
}

// Nothing is left of all the requests.
void Examination::check_rest() {
  for (std::size_t node = 0; node < parts_.cluster.size(); ++node) {
    for (const auto& shard : parts_.cluster[node].node().shards()) {
      if (shard->replica.pending() > 0 || shard->coordinator.in_flight() > 0)
        parts_.chronicle.violated(parts_.cluster[node].id() + " still works on requests when all were answered");
    }
  }
}

}  // namespace stator::simulation
