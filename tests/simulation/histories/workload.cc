#include "tests/simulation/histories/workload.h"

#include <algorithm>
#include <utility>

#include "tests/simulation/histories/holders.h"

namespace stator::simulation {
namespace {

bool is_blind(RequestKind kind) { return kind == RequestKind::blind || kind == RequestKind::blind_remove; }
bool is_removal(RequestKind kind) { return kind == RequestKind::remove || kind == RequestKind::blind_remove; }
bool is_contextual(RequestKind kind) { return !is_blind(kind) && kind != RequestKind::create_only; }

/// Nothing of the write can have happened, nor will.
bool is_refusal(Code code) {
  return code == Code::failed_precondition || code == Code::invalid_argument || code == Code::conflict;
}

}  // namespace

Workload::Workload(const Parts& parts, const std::string& secret)
    : parts_(parts), tokens_(secret), clients_(parts.configuration.clients) {}

void Workload::begin(std::size_t client) {
  clients_[client].busy = true;
  ++busy_;
}

void Workload::end(std::size_t client) {
  clients_[client].busy = false;
  --busy_;
}

void Workload::perform(const RequestStep& step) {
  Client& client = clients_[step.client];
  if (client.busy) return;
  begin(step.client);
  const bool knows = client.knows.contains(entry_of(step).key);
  switch (step.kind) {
    case RequestKind::read:
    case RequestKind::read_modify: return read(step);
    case RequestKind::write_back:
    case RequestKind::if_match:
    case RequestKind::remove: return knows ? write(step) : read(step);
    case RequestKind::blind:
    case RequestKind::blind_remove:
    case RequestKind::create_only: return write(step);
    case RequestKind::forged: return forge(step);
  }
}

// Some clients are in more of a hurry than the keyspace.
TimePoint Workload::deadline(const RequestStep& step) const {
  const Duration most = parts_.configuration.keyspaces[step.keyspace].rules.timeout;
  return parts_.cluster.scheduler().now() + most * (4 - step.client % 3) / 4;
}

RequestHead Workload::head(const RequestStep& step) const {
  RequestHead head;
  head.keyspace = parts_.configuration.keyspaces[step.keyspace].rules.name;
  head.key = parts_.truths.at(step.keyspace, step.key).key;
  head.deadline = deadline(step);
  return head;
}

// --- Reads ---

void Workload::read(const RequestStep& step) {
  GetRequest request;
  request.head = head(step);
  const KeyspaceRules& rules = *entry_of(step).rules;
  Asked asked;
  asked.wall_millis = wall_millis(step.node);
  if (!rules.sloppy && rules.r + rules.w > rules.n && parts_.fresh())
    asked.before = entry_of(step).truth.acknowledged();
  parts_.cluster.get(step.node, std::move(request), [this, step, asked = std::move(asked)](Outcome<GetResult> outcome) {
    finish_read(step, asked, std::move(outcome));
  });
}

std::uint64_t Workload::wall_millis(std::size_t node) {
  return parts_.cluster[node].up() ? parts_.cluster[node].executor().wall_millis() : 0;
}

void Workload::finish_read(const RequestStep& step, const Asked& asked, Outcome<GetResult> outcome) {
  parts_.chronicle.note(std::uint64_t{step.client} << 8 | (outcome.is_ok() ? 1 : 2));
  TruthTable::Entry& entry = entry_of(step);
  if (parts_.chronicle.tracing()) {
    parts_.chronicle.line("client " + std::to_string(step.client) + " read " + entry.key + " at node " +
                          std::to_string(step.node) + ": " +
                          (outcome.is_ok() ? entry.truth.text_of(outcome->siblings) : outcome.failure().status.text()));
  }
  if (!outcome.is_ok()) {
    parts_.chronicle.met(Seen::failed_read);
    return end(step.client);
  }
  parts_.chronicle.met(Seen::answered_read);
  judge_read(step, asked, *outcome);
  clients_[step.client].knows[entry.key] = {std::move(outcome->context), entry.truth.seen_in(outcome->siblings)};
  if (step.kind == RequestKind::read_modify) return write(step);
  end(step.client);
}

void Workload::judge_read(const RequestStep& step, const Asked& asked, const GetResult& result) {
  TruthTable::Entry& entry = entry_of(step);
  if (auto wrong = entry.truth.judge_versions(result.siblings)) return parts_.chronicle.violated(*wrong);
  // A clock that was set back meanwhile may have been asked after that.
  const std::uint64_t surely = std::min(asked.wall_millis, wall_millis(step.node));
  if (auto wrong = entry.truth.judge_expiry(result.siblings, surely)) parts_.chronicle.violated(*wrong);
  for (const Version& version : result.siblings) {
    if (version.tombstone && version.expires) parts_.chronicle.met(Seen::expired_read);
  }
  if (result.siblings.size() > 1) parts_.chronicle.met(Seen::siblings_read);
  if (!result.found && !result.siblings.empty()) parts_.chronicle.met(Seen::tombstone_read);
  if (!asked.before || !parts_.fresh()) return;
  parts_.chronicle.met(Seen::checked_read);
  if (auto wrong = entry.truth.judge_fresh(result.siblings, *asked.before, parts_.configuration.collects))
    parts_.chronicle.violated(*wrong);
}

// --- Writes ---

void Workload::write(const RequestStep& step) {
  TruthTable::Entry& entry = entry_of(step);
  Client& client = clients_[step.client];
  Attempt attempt{.step = step, .request = {}};
  attempt.request.head = head(step);
  attempt.request.remove = is_removal(step.kind);
  attempt.request.create_only = step.kind == RequestKind::create_only;
  attempt.request.if_match = step.kind == RequestKind::if_match;
  Truth::NewWrite made{.blind = is_blind(step.kind), .removal = attempt.request.remove};
  if (!attempt.request.remove && step.ttl_ms > 0) {
    made.ttl_ms = step.ttl_ms;
    attempt.request.ttl = std::chrono::milliseconds(step.ttl_ms);
  }
  made.begun = parts_.cluster.scheduler().now();
  made.deadline = *attempt.request.head.deadline;
  if (is_contextual(step.kind)) {
    const Knowledge& known = client.knows.at(entry.key);
    attempt.request.context = known.token;
    made.seen = known.seen;
  }
  attempt.write = entry.truth.begin_write(std::move(made));
  if (!attempt.request.remove) {
    attempt.request.value = entry.truth.value_of(attempt.write);
    attempt.request.content_type = "text/plain";
  }
  if (attempt.request.remove || attempt.request.ttl || step.retries > 0)
    attempt.request.op_id = entry.truth.op_of(attempt.write);
  try_write(std::move(attempt));
}

void Workload::try_write(Attempt attempt) {
  PutRequest request = attempt.request;
  const std::size_t node = attempt.step.node;
  parts_.cluster.put(node, std::move(request), [this, attempt = std::move(attempt)](Outcome<PutResult> outcome) {
    finish_write(attempt, std::move(outcome));
  });
}

void Workload::finish_write(Attempt attempt, Outcome<PutResult> outcome) {
  const std::size_t client = attempt.step.client;
  TruthTable::Entry& entry = entry_of(attempt.step);
  parts_.chronicle.note(client << 40 | attempt.write << 8 | (outcome.is_ok() ? 3 : 4));
  if (parts_.chronicle.tracing()) {
    parts_.chronicle.line("client " + std::to_string(client) + " " + describe(attempt.step.kind) + " " + entry.key +
                          " as write " + std::to_string(attempt.write) + " at node " +
                          std::to_string(attempt.step.node) + ": " +
                          (outcome.is_ok() ? "acknowledged" : outcome.failure().status.text()));
  }
  auto& knows = clients_[client].knows;
  if (outcome.is_ok()) {
    parts_.chronicle.met(Seen::acknowledged);
    judge_acknowledgement(entry, attempt.write, *outcome);
    entry.truth.end_write(attempt.write, true);
    // Every other writes on from what it was told; the rest read anew.
    Sight seen = knows.contains(entry.key) && is_contextual(attempt.step.kind) ? knows[entry.key].seen : Sight();
    knows.erase(entry.key);
    if (attempt.write % 2 == 0 && !is_blind(attempt.step.kind)) {
      seen.perhaps.add(attempt.write);
      knows[entry.key] = {std::move(outcome->context), std::move(seen)};
    }
    return end(client);
  }
  if (try_again(attempt, outcome.failure().status)) return try_write(std::move(attempt));
  entry.truth.end_write(attempt.write, false);
  knows.erase(entry.key);
  end(client);
}

// What one lost disk has taken with it since is not counted against the rest.
void Workload::judge_acknowledgement(const TruthTable::Entry& entry, std::size_t write, const PutResult& result) {
  const auto promised = static_cast<std::size_t>(entry.rules->w);
  const std::size_t holding = count_holders(parts_.cluster, entry.rules->name, entry.key, result.clock, promised);
  if (holding + parts_.disks_lost() < promised) {
    parts_.chronicle.violated("write " + std::to_string(write) + " of " + entry.key + " is acknowledged, and on " +
                              std::to_string(holding) + " disks of " + std::to_string(promised));
  }
}

bool Workload::try_again(Attempt& attempt, const Status& why) {
  if (is_refusal(why.code())) {
    if (attempt.request.create_only) parts_.chronicle.met(Seen::refused_create);
    if (attempt.request.if_match) parts_.chronicle.met(Seen::refused_match);
    return false;
  }
  parts_.chronicle.met(Seen::failed_write);
  if (attempt.step.retries == 0) return false;
  --attempt.step.retries;
  attempt.step.node = static_cast<std::uint8_t>((attempt.step.node + 1) % parts_.configuration.nodes);
  attempt.request.head.deadline = deadline(attempt.step);
  entry_of(attempt.step).truth.retry(attempt.write, *attempt.request.head.deadline);
  parts_.chronicle.met(Seen::retried);
  return true;
}

// --- Forgers ---

// Of another key, altered, or of a time to come.
std::string Workload::forged_token(const RequestStep& step) const {
  const TruthTable::Entry& entry = parts_.truths.at(step.keyspace, step.key);
  const std::string& keyspace = entry.rules->name;
  switch (step.client % 3) {
    case 0: return tokens_.issue({}, keyspace, entry.key + "'");
    case 1: {
      std::string altered = tokens_.issue({}, keyspace, entry.key);
      altered[altered.size() / 2] = altered[altered.size() / 2] == 'A' ? 'B' : 'A';
      return altered;
    }
    default: {
      Context future;
      future.add({{"node-a", Stamp::from_millis(4'000'000'000'000)}, 1});
      return tokens_.issue(future, keyspace, entry.key);
    }
  }
}

void Workload::forge(const RequestStep& step) {
  PutRequest request;
  request.head = head(step);
  request.value = "forged";
  request.context = forged_token(step);
  parts_.cluster.put(step.node, std::move(request), [this, step](const Outcome<PutResult>& outcome) {
    end(step.client);
    if (outcome.is_ok())
      return parts_.chronicle.violated("a context was accepted that this cluster cannot have issued");
    if (outcome.failure().status.code() == Code::invalid_argument) parts_.chronicle.met(Seen::refused_forgery);
  });
}

}  // namespace stator::simulation
