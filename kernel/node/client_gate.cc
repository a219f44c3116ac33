#include "kernel/node/client_gate.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <utility>

namespace stator {
namespace {

// Of who waits for hints and does not say how long.
constexpr std::chrono::seconds kHintPatience{30};

std::string summary(const Context& clock) {
  std::string text;
  for (const auto& [node, counter] : vector_clock(clock))
    text += (text.empty() ? "" : ",") + node + ":" + std::to_string(counter);
  return text;
}

template <typename T>
void answer_later(Executor& executor, UniqueFunction<void(Outcome<T>)> done, Outcome<T> outcome) {
  executor.post([done = std::move(done), outcome = std::move(outcome)]() mutable { done(std::move(outcome)); });
}

}  // namespace

ClientGate::ClientGate(Parts parts, const std::string& transport, const std::vector<std::string>& visible)
    : parts_(parts), transport_(transport) {
  for (const std::string& name : visible) {
    Keyspace* keyspace = parts_.node.keyspace(name);
    if (keyspace == nullptr) continue;
    max_value_bytes_ = std::max(max_value_bytes_, keyspace->rules.max_value_bytes);
    visible_[name] = {
        keyspace, &parts_.metrics.requests("put", name, transport), &parts_.metrics.requests("get", name, transport),
        &parts_.metrics.requests("delete", name, transport), &parts_.metrics.requests("update", name, transport)};
  }
}

Result<ClientGate::Entry> ClientGate::find(const RequestHead& head) const {
  auto found = visible_.find(head.keyspace);
  if (found == visible_.end()) return Status(Code::not_found, "no keyspace \"" + head.keyspace + "\" here");
  return found->second;
}

Result<ClientGate::Entry> ClientGate::admit(const RequestHead& head) const {
  Result<Entry> entry = find(head);
  if (!entry.is_ok()) return entry;
  Status served = parts_.node.may_serve(*entry->keyspace);
  return served.is_ok() ? std::move(entry) : served;
}

ClientGate::Trail ClientGate::begin(const char* op, Metrics::Requests& series, const Entry& entry,
                                    const RequestHead& head) const {
  Trail trail{op, &series, parts_.node.here().executor.now(), {}, 0, &entry.keyspace->rules.name};
  if (parts_.log.enabled(LogLevel::debug)) {
    trail.trace_id = head.trace_id;
    trail.key_hash = key_token(head.keyspace, head.key);
  }
  return trail;
}

void ClientGate::end(const Trail& trail, const Status& outcome, const Context* clock) const {
  const Duration took = parts_.node.here().executor.now() - trail.begun;
  trail.series->observe(outcome.code(), took);
  if (!parts_.log.enabled(LogLevel::debug)) return;
  std::array<char, 9> key_hash{};
  std::snprintf(key_hash.data(), key_hash.size(), "%08x", static_cast<unsigned>(trail.key_hash >> 32));
  const std::string vclock = clock == nullptr ? std::string() : summary(*clock);
  parts_.log.write(LogLevel::debug, "request",
                   {{"trace_id", trail.trace_id},
                    {"op", trail.op},
                    {"keyspace", *trail.keyspace},
                    {"key_hash", key_hash.data()},
                    {"vclock", vclock},
                    {"status", code_name(outcome.code())},
                    {"micros", std::chrono::duration_cast<std::chrono::microseconds>(took).count()}});
}

void ClientGate::put(PutRequest request, UniqueFunction<void(Outcome<PutResult>)> done) {
  parts_.node.lives().note_running();
  Executor& home = parts_.node.here().executor;
  Result<Entry> entry = admit(request.head);
  if (!entry.is_ok()) return answer_later<PutResult>(home, std::move(done), entry.status());
  if (!request.claimed_node.empty() && !parts_.node.is_member(request.claimed_node)) {
    return answer_later<PutResult>(
        home, std::move(done), Status(Code::invalid_argument, "nodeId \"" + request.claimed_node + "\" is no member"));
  }
  Trail trail = request.operation ? begin("update", *entry->updates, *entry, request.head)
                : request.remove  ? begin("delete", *entry->removals, *entry, request.head)
                                  : begin("put", *entry->puts, *entry, request.head);
  auto finish = [this, &home, trail = std::move(trail), done = std::move(done)](Outcome<PutResult> outcome) mutable {
    run_on(home, [this, trail = std::move(trail), done = std::move(done), outcome = std::move(outcome)]() mutable {
      end(trail, outcome.is_ok() ? Status() : outcome.failure().status, outcome.is_ok() ? &outcome->clock : nullptr);
      done(std::move(outcome));
    });
  };
  Keyspace* keyspace = entry->keyspace;
  Shard& shard = parts_.node.shard_of(parts_.node.partition_of_key(*keyspace, request.head.key));
  run_on(shard.executor, [&shard, keyspace, request = std::move(request), finish = std::move(finish)]() mutable {
    shard.coordinator.put(*keyspace, std::move(request), false, std::move(finish));
  });
}

void ClientGate::get(GetRequest request, UniqueFunction<void(Outcome<GetResult>)> done) {
  parts_.node.lives().note_running();
  Shard& home = parts_.node.here();
  Result<Entry> entry = admit(request.head);
  if (!entry.is_ok()) return answer_later<GetResult>(home.executor, std::move(done), entry.status());
  Trail trail = begin("get", *entry->gets, *entry, request.head);
  // Reads touch only what is durable, so the loop they arrived on coordinates them.
  home.coordinator.get(*entry->keyspace, std::move(request),
                       [this, trail = std::move(trail), done = std::move(done)](Outcome<GetResult> outcome) mutable {
                         end(trail, outcome.is_ok() ? Status() : outcome.failure().status,
                             outcome.is_ok() ? &outcome->clock : nullptr);
                         if (outcome.is_ok() && outcome->found && !outcome->datatype)
                           trail.series->observe_siblings(outcome->siblings.size());
                         done(std::move(outcome));
                       });
}

void ClientGate::inspect(std::string page, RequestHead argument, UniqueFunction<void(Outcome<Page>)> done) {
  Executor& home = parts_.node.here().executor;
  if (page == "siblings" || page == "persist" || page == "explain") {
    Result<Entry> entry = find(argument);
    if (!entry.is_ok()) return answer_later<Page>(home, std::move(done), entry.status());
    if (page == "explain") return parts_.explain.ask(*entry->keyspace, argument, std::move(done));
    if (page == "siblings") return siblings(*entry->keyspace, std::move(argument), std::move(done));
  }
  if (page == "backup") return answer_later<Page>(home, std::move(done), parts_.actions.show_backup());
  if (page == "hints_wait") return wait_for_hints(argument, std::move(done));
  answer_later<Page>(home, std::move(done), parts_.pages.show(page, argument));
}

// The only page that reads what is stored: where that may wait for a disk, off the loop.
void ClientGate::siblings(const Keyspace& keyspace, RequestHead argument, UniqueFunction<void(Outcome<Page>)> done) {
  Executor& home = parts_.node.here().executor;
  auto read = [this, argument = std::move(argument)] { return parts_.pages.show("siblings", argument); };
  read_with(keyspace.store->readers(), home, std::move(read),
            [&home, done = std::move(done)](Outcome<Page> shown) mutable {
              answer_later<Page>(home, std::move(done), std::move(shown));
            });
}

void ClientGate::act(std::string action, Bytes body, UniqueFunction<void(Outcome<Page>)> done) {
  parts_.actions.act(action, body, parts_.node.here().executor, std::move(done));
}

void ClientGate::wait_for_hints(const RequestHead& argument, UniqueFunction<void(Outcome<Page>)> done) {
  Executor& home = parts_.node.here().executor;
  const TimePoint deadline = argument.deadline.value_or(home.now() + kHintPatience);
  // shared: a std::function is copyable
  auto answer = std::make_shared<UniqueFunction<void(Outcome<Page>)>>(std::move(done));
  parts_.node.wait_for_hints(home, deadline, [answer](std::size_t left) {
    if (left == 0) return (*answer)(Page{"application/json", "{\"delivered\":true,\"pending\":0}\n"});
    (*answer)(Status(Code::deadline_exceeded, std::to_string(left) + " hints are not delivered yet"));
  });
}

}  // namespace stator
