#include "tests/simulation/histories/operation_clients.h"

#include <utility>

#include "kernel/causality/head.h"
#include "tests/simulation/histories/copy_names.h"

namespace stator::simulation {
namespace {

bool is_blind(OperationKind kind) { return kind == OperationKind::blind || kind == OperationKind::blind_remove; }
bool is_removal(OperationKind kind) { return kind == OperationKind::remove || kind == OperationKind::blind_remove; }

/// Nothing of it can have happened, nor will.
bool is_refusal(Code code) { return code == Code::failed_precondition || code == Code::invalid_argument; }

}  // namespace

void OperationClients::perform(const OperationStep& step) {
  Client& client = clients_[step.client];
  if (std::exchange(client.busy, true)) return;
  ++busy_;
  const bool knows = client.tokens.contains(entry_of(step).key);
  step.kind == OperationKind::read || !(knows || is_blind(step.kind)) ? read(step) : write(step);
}

void OperationClients::end(const OperationStep& step) {
  clients_[step.client].busy = false;
  --busy_;
}

RequestHead OperationClients::head(const OperationStep& step) {
  const OperationTable::Entry& entry = entry_of(step);
  RequestHead head;
  head.keyspace = entry.rules->name;
  head.key = entry.key;
  head.deadline = parts_.cluster.scheduler().now() + entry.rules->timeout;
  return head;
}

void OperationClients::read(const OperationStep& step) {
  OperationTable::Entry& entry = entry_of(step);
  std::optional<WriteSet> before;
  if (!entry.rules->sloppy && parts_.fresh()) before = entry.truth.acknowledged();
  parts_.cluster.get(step.node, GetRequest{head(step)},
                     [this, step, before = std::move(before)](Outcome<GetResult> outcome) {
                       finish_read(step, before, std::move(outcome));
                     });
}

void OperationClients::finish_read(const OperationStep& step, const std::optional<WriteSet>& before,
                                   Outcome<GetResult> outcome) {
  end(step);
  OperationTable::Entry& entry = entry_of(step);
  parts_.chronicle.note(std::uint64_t{step.client} << 8 | (outcome.is_ok() ? 5 : 6));
  if (parts_.chronicle.tracing()) {
    parts_.chronicle.line("client " + std::to_string(step.client) + " reads " + entry.key + " at node " +
                          std::to_string(step.node) + ": " +
                          (outcome.is_ok() ? outcome->resolved.value : outcome.failure().status.text()));
  }
  if (!outcome.is_ok()) return;
  clients_[step.client].tokens[entry.key] = outcome->context;
  if (outcome->found) parts_.chronicle.met(Seen::shown);
  judge(entry.truth.judge_shown(*outcome));
  if (!before || !parts_.fresh()) return;
  parts_.chronicle.met(Seen::checked_show);
  judge(entry.truth.judge_fresh(outcome->clock, *before, parts_.configuration.collects));
}

void OperationClients::write(const OperationStep& step) {
  OperationTable::Entry& entry = entry_of(step);
  Attempt attempt{.step = step, .put = {}};
  attempt.put.head = head(step);
  attempt.put.remove = is_removal(step.kind);
  OperationTruth::Request request;
  if (!attempt.put.remove) {
    request.operation = draw_operation(entry.plan->datatype, *entry.datatype, step.bits);
    attempt.put.operation = request.operation;
  }
  if (!is_blind(step.kind)) {
    attempt.put.context = clients_[step.client].tokens.at(entry.key);
    const Result<Context> observed = tokens_.read(*attempt.put.context, entry.rules->name, entry.key);
    if (!observed.is_ok()) return parts_.chronicle.violated("a client was given a context that nobody issued");
    request.observed = *observed;
  }
  attempt.request = entry.truth.begin(std::move(request));
  attempt.put.op_id = entry.truth.op_of(attempt.request);
  try_write(std::move(attempt));
}

void OperationClients::try_write(Attempt attempt) {
  PutRequest put = attempt.put;
  const std::size_t node = attempt.step.node;
  parts_.cluster.put(node, std::move(put), [this, attempt = std::move(attempt)](Outcome<PutResult> outcome) {
    finish_write(attempt, std::move(outcome));
  });
}

void OperationClients::finish_write(Attempt attempt, Outcome<PutResult> outcome) {
  OperationTable::Entry& entry = entry_of(attempt.step);
  const std::size_t client = attempt.step.client;
  parts_.chronicle.note(client << 40 | attempt.request << 8 | (outcome.is_ok() ? 7 : 8));
  if (parts_.chronicle.tracing()) {
    parts_.chronicle.line("client " + std::to_string(client) + " " + describe(attempt.step.kind) + " " +
                          (attempt.put.operation ? attempt.put.operation->arguments : Bytes()) + " of " + entry.key +
                          " as request " + std::to_string(attempt.request) + " at node " +
                          std::to_string(attempt.step.node) + ": " +
                          (outcome.is_ok() ? "acknowledged" : outcome.failure().status.text()));
  }
  std::map<Bytes, std::string>& tokens = clients_[client].tokens;
  if (outcome.is_ok()) {
    parts_.chronicle.met(Seen::operated);
    entry.truth.acknowledge(attempt.request);
    // Every other goes on from what it was told; the rest from what it had seen before.
    if (attempt.request % 2 == 0) tokens[entry.key] = outcome->context;
    return end(attempt.step);
  }
  if (try_again(attempt, outcome.failure().status)) return try_write(std::move(attempt));
  tokens.erase(entry.key);
  end(attempt.step);
}

bool OperationClients::try_again(Attempt& attempt, const Status& why) {
  if (why.message().find("read the key again") != std::string::npos) parts_.chronicle.met(Seen::unseen_operation);
  // All that is asked for is an example of its own, or like one; but a context may be from too far ahead.
  if (is_refusal(why.code())) {
    if (!attempt.put.context)
      parts_.chronicle.violated("the data type refuses " + attempt.put.operation.value_or(Operation()).arguments +
                                ": " + why.text());
    return false;
  }
  parts_.chronicle.met(Seen::failed_operation);
  if (attempt.step.retries == 0) return false;
  --attempt.step.retries;
  attempt.step.node = static_cast<std::uint8_t>((attempt.step.node + 1) % parts_.configuration.nodes);
  attempt.put.head.deadline = head(attempt.step).deadline;
  entry_of(attempt.step).truth.retry(attempt.request);
  return true;
}

// A copy that its node goes on counting under is one that it has just signed, or merged something into.
void OperationClients::see_commit(std::size_t node, const Commit& commit) {
  if (parts_.truths.entries().empty()) return;
  committed_.see(node, commit);
  if (!commit.rows.empty()) parts_.chronicle.met(is_head(commit.value) ? Seen::large_changed : Seen::large_shrunk);
  if (commit.remove || !(is_head(commit.value) || is_marked(commit.value))) return;
  const std::optional<BytesView> name = name_in(commit.key);
  OperationTable::Entry* entry = name ? parts_.truths.find(*name) : nullptr;
  if (entry == nullptr) return;
  const Result<Copy> copy = committed_.copy(node, commit);
  const std::string& by = parts_.cluster[node].id();
  if (copy.status().code() == Code::data_loss)
    return parts_.chronicle.violated(by + " stores a copy that makes no sense");
  if (!copy.is_ok() || !copy->mark) return;
  judge(entry->truth.see(by, copy->record));
}

}  // namespace stator::simulation
