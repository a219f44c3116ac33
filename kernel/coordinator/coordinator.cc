#include "kernel/coordinator/coordinator.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "kernel/coordinator/get_operation.h"
#include "kernel/coordinator/items.h"
#include "kernel/coordinator/peer_messages.h"
#include "kernel/coordinator/put_operation.h"
#include "kernel/coordinator/request_limits.h"
#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

bool holds(const std::vector<std::string>& holders, const std::string& node) {
  return std::find(holders.begin(), holders.end(), node) != holders.end();
}

Outcome<PutResult> forwarded_outcome(const std::string& node, const Result<Frame>& reply) {
  const auto because = [&](const Status& why) {
    return Failure{Status(why.code(), "forwarded to " + node + ": " + why.message()), {}, {}};
  };
  if (!reply.is_ok()) return because(reply.status());
  Result<PeerReplyMessage> message = decode_peer_reply(**reply);
  if (!message.is_ok()) return because(message.status());
  if (message->failure) return std::move(*message->failure);
  return std::move(message->forwarded);
}

// Whether the keyspace takes what the write is: values, or the operations of its data type.
Status check_kind(const Keyspace& keyspace, const PutRequest& request) {
  const DataType* datatype = keyspace.datatype;
  if (datatype == nullptr) {
    return request.operation ? Status(Code::invalid_argument,
                                      "keyspace " + keyspace.rules.name + " holds values: it has no operations")
                             : Status::ok();
  }
  if (request.operation) return check_operation(*datatype, request.operation->name);
  if (request.remove) return Status::ok();
  return {Code::invalid_argument,
          "keyspace " + keyspace.rules.name +
              " holds a data type, which is changed by operations: " + operations_of(*datatype)};
}

// Refused before anything was written: a quorum that was missed would say how many it had.
bool has_no_room(const Outcome<PutResult>& outcome) {
  return !outcome.is_ok() && outcome.failure().status.code() == Code::storage_full && !outcome.failure().required;
}

}  // namespace

Coordinator::Coordinator(Parts parts, Options options) : parts_(std::move(parts)), options_(std::move(options)) {}

// Wraps a completion so that the request counts as in flight until it ran.
template <typename Done>
Done Coordinator::counted(Done done) {
  ++in_flight_;
  return [this, done = std::move(done)](auto outcome) mutable {
    --in_flight_;
    done(std::move(outcome));
  };
}

Status Coordinator::admit(const Keyspace& keyspace, RequestHead& head) const {
  if (in_flight_ >= options_.max_in_flight) {
    return {Code::resource_exhausted, options_.node + " has " + std::to_string(in_flight_) + " requests in flight"};
  }
  if (Status key = check_key(head.key); !key.is_ok()) return key;
  const TimePoint now = parts_.executor.now();
  if (!head.deadline) head.deadline = now + keyspace.rules.timeout;
  return *head.deadline > now ? Status::ok() : Status(Code::deadline_exceeded, "the deadline has passed");
}

Status Coordinator::admit_write(const Keyspace& keyspace, PutRequest& request) const {
  if (Status admitted = admit(keyspace, request.head); !admitted.is_ok()) return admitted;
  if (Status kind = check_kind(keyspace, request); !kind.is_ok()) return kind;
  const std::size_t size = request.operation ? request.operation->arguments.size() : request.value.size();
  if (size <= keyspace.rules.max_value_bytes) return Status::ok();
  return {Code::too_large, std::string(request.operation ? "the operation" : "the value") + " is longer than " +
                               std::to_string(keyspace.rules.max_value_bytes) + " bytes"};
}

Status Coordinator::check_future(const Context& context) const {
  const std::uint64_t latest =
      parts_.executor.wall_millis() + static_cast<std::uint64_t>(options_.max_clock_skew.count());
  const auto& entries = context.entries();
  const bool future = std::any_of(entries.begin(), entries.end(),
                                  [&](const Context::Entry& entry) { return entry.actor.epoch.millis() > latest; });
  return future && !STATOR_SEEDED_BUG(future_context_taken)
             ? Status(Code::invalid_argument, "the context names a stamp in the future")
             : Status::ok();
}

Result<WriteIntent> Coordinator::intent_of(const Keyspace& keyspace, PutRequest& request) const {
  WriteIntent intent;
  if (request.context) {
    Result<Context> observed = parts_.tokens.read(*request.context, keyspace.rules.name, request.head.key);
    if (!observed.is_ok()) return observed.status();
    if (Status sane = check_future(*observed); !sane.is_ok()) return sane;
    intent.observed = std::move(*observed);
  }
  intent.remove = request.remove;
  intent.value = std::move(request.value);
  intent.content_type = std::move(request.content_type);
  intent.create_only = request.create_only;
  intent.if_match = request.if_match;
  intent.op_id = request.op_id;
  intent.max_siblings = keyspace.rules.max_siblings;
  if (keyspace.datatype == nullptr) return intent;
  intent.max_siblings = std::numeric_limits<std::size_t>::max();  // its versions are items, and no siblings
  intent.max_bytes = keyspace.rules.max_value_bytes;
  if (request.operation) intent.operation = operate(*keyspace.datatype, *std::move(request.operation));
  return intent;
}

void Coordinator::put(Keyspace& keyspace, PutRequest request, bool forwarded, PutDone done) {
  Status admitted = admit_write(keyspace, request);
  Result<std::size_t> required = required_replicas(keyspace.rules, request.head, true);
  if (admitted.is_ok()) admitted = required.status();
  if (!admitted.is_ok()) return fail(std::move(done), {std::move(admitted), {}, {}});

  const std::shared_ptr<const Placement> placement = keyspace.current_placement();
  const Partition partition = partition_of(key_token(keyspace.rules.name, request.head.key), placement->partition_bits);
  const bool sloppy = keyspace.rules.sloppy;
  const bool holder = holds(placement->holders(partition), options_.node);
  // One that has lost data and has not caught up yet signs only where nobody else seems able to, and so does one that
  // has no room.
  const bool unfit = !keyspace.speaks_for(partition) || !keyspace.store->room().takes(!request.remove);
  if (!holder || (unfit && !forwarded)) {
    if (!holder && forwarded && !(sloppy && holds(placement->fallbacks(partition), options_.node)))
      return fail(std::move(done),
                  {Status(Code::unavailable, options_.node + " holds no replica of the key: rings differ"), {}, {}});
    std::vector<std::string> nodes;
    if (!forwarded) nodes = coordinators_of(keyspace, *placement, partition, request.remove);
    if (!nodes.empty() && nodes.front() != options_.node) {
      request.head.quorum = static_cast<int>(*required);
      return forward_put(keyspace, std::move(nodes), std::move(request), counted(std::move(done)));
    }
  }
  Result<WriteIntent> intent = intent_of(keyspace, request);
  if (!intent.is_ok()) return fail(std::move(done), {intent.status(), {}, {}});
  PutOperation::Input input{keyspace, std::move(request), std::move(*intent), *required, placement->holders(partition),
                            {},       partition};
  if (sloppy) input.fallbacks = placement->fallbacks(partition);
  // shared: by the answers of the replicas it waits for
  auto operation = std::make_shared<PutOperation>(*this, std::move(input), counted(std::move(done)));
  operation->start();
}

std::vector<std::string> Coordinator::coordinators_of(const Keyspace& keyspace, const Placement& placement,
                                                      Partition partition, bool removal) const {
  std::vector<std::string> nodes;
  std::vector<std::string> unproven;  // a write that got lost on its way to one has failed: others find out who is back
  const std::string& self = options_.node;
  const std::vector<std::string>& primaries = placement.holders(partition);
  const bool holder = holds(primaries, self);
  const bool has_room = keyspace.store->room().takes(!removal);
  const auto add = [&](const std::string& node) {
    if (!parts_.links.likely_up(node)) return;
    const bool proven = parts_.links.answered_last(node);
    (proven ? nodes : unproven).push_back(node);
  };
  for (const std::string& node : primaries) {
    if (node != self) add(node);
  }
  if (holder && has_room) nodes.push_back(self);
  if (keyspace.rules.sloppy) {
    for (const std::string& node : placement.fallbacks(partition)) {
      if (node != self) {
        add(node);
      } else if (has_room) {
        nodes.push_back(node);
      }
    }
  }
  nodes.insert(nodes.end(), unproven.begin(), unproven.end());
  if (nodes.empty()) nodes.push_back(holder ? self : primaries.front());
  return nodes;
}

// To the first. It is tried elsewhere only when the first has certainly done nothing.
void Coordinator::forward_put(Keyspace& keyspace, std::vector<std::string> nodes, PutRequest request, PutDone done) {
  const std::string node = nodes.front();
  nodes.erase(nodes.begin());
  const TimePoint deadline = *request.head.deadline;
  Frame frame = encode_forward(request, {deadline, request.head.trace_id}, parts_.executor.now());
  if (STATOR_SEEDED_BUG(forwarded_twice))
    parts_.links.call(node, {"forward", frame, deadline}, [](const Result<Frame>&) {});
  parts_.links.call(node, {"forward", std::move(frame), deadline},
                    [this, &keyspace, node, nodes = std::move(nodes), request = std::move(request),
                     done = std::move(done)](const Result<Frame>& reply) mutable {
                      Outcome<PutResult> outcome = forwarded_outcome(node, reply);
                      if (!has_no_room(outcome) || nodes.empty()) return done(std::move(outcome));
                      if (nodes.front() == options_.node)
                        return put(keyspace, std::move(request), true, std::move(done));
                      forward_put(keyspace, std::move(nodes), std::move(request), std::move(done));
                    });
}

// This node first: its record costs no message. Then those that answer; those that seem down last. In a sloppy keyspace
// fallbacks come before primaries that seem down.
Coordinator::ReadNodes Coordinator::nodes_to_ask(const Keyspace& keyspace, const Placement& placement,
                                                 Partition partition) const {
  const auto up = [this](const std::string& node) { return node == options_.node || parts_.links.likely_up(node); };
  const std::vector<std::string>& primaries = placement.holders(partition);
  std::vector<std::string> fallbacks;
  if (keyspace.rules.sloppy) fallbacks = placement.fallbacks(partition);
  // As many as there are primaries to stand in for.
  if (fallbacks.size() > primaries.size()) fallbacks.resize(primaries.size());
  ReadNodes nodes;
  const auto add = [&](const std::vector<std::string>& from, bool wanted_up) {
    for (const std::string& node : from) {
      if (node != options_.node && up(node) == wanted_up) nodes.ids.push_back(node);
    }
  };
  if (holds(primaries, options_.node)) nodes.ids.push_back(options_.node);
  add(primaries, true);
  for (const std::string& node : fallbacks) {
    if (up(node)) nodes.ids.push_back(node);
  }
  add(primaries, false);
  add(fallbacks, false);
  for (std::size_t place = 0; place < nodes.ids.size(); ++place) {
    if (!holds(primaries, nodes.ids[place])) nodes.standbys.push_back(place);
  }
  return nodes;
}

void Coordinator::get(Keyspace& keyspace, GetRequest request, GetDone done) {
  Status admitted = admit(keyspace, request.head);
  Result<std::size_t> required = required_replicas(keyspace.rules, request.head, false);
  if (admitted.is_ok()) admitted = required.status();
  if (!admitted.is_ok()) return fail(std::move(done), {std::move(admitted), {}, {}});

  const std::shared_ptr<const Placement> placement = keyspace.current_placement();
  const Partition partition = partition_of(key_token(keyspace.rules.name, request.head.key), placement->partition_bits);
  ReadNodes nodes = nodes_to_ask(keyspace, *placement, partition);
  GetOperation::Input input{keyspace, std::move(request), *required, std::move(nodes.ids), std::move(nodes.standbys),
                            {},       partition};
  if (!input.standbys.empty()) input.primaries = placement->holders(partition);
  // shared: by the answers of the replicas it waits for
  auto operation = std::make_shared<GetOperation>(*this, std::move(input), counted(std::move(done)));
  operation->start();
}

}  // namespace stator
