#include "translation.h"

#include <algorithm>
#include <limits>

namespace stator::grpc_transport {
namespace {

constexpr const char* kDefaultKeyspace = "default";
constexpr const char* kDefaultContentType = "application/octet-stream";
constexpr std::uint64_t kMaxTtlMillis =
    100ULL * 365 * 24 * 3600 * 1000;  // a century; keeps nanoseconds from overflowing

Status malformed(std::string what) { return {Code::invalid_argument, std::move(what)}; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<Consistency> to_consistency(v1::Consistency consistency) {
  switch (consistency) {
    case v1::CONSISTENCY_UNSPECIFIED: return Consistency::keyspace;
    case v1::CONSISTENCY_ONE: return Consistency::one;
    case v1::CONSISTENCY_QUORUM: return Consistency::quorum;
    case v1::CONSISTENCY_ALL: return Consistency::all;
    default: return malformed("consistency " + std::to_string(static_cast<int>(consistency)) + " is not one of 0 to 3");
  }
}

/// What all requests say alike.
template <typename Message>
Status fill_head(Message& message, Arrival arrival, RequestHead& head) {
  auto consistency = to_consistency(message.consistency());
  if (!consistency.is_ok()) return consistency.status();
  head.consistency = *consistency;
  head.keyspace = message.keyspace().empty() ? kDefaultKeyspace : std::move(*message.mutable_keyspace());
  head.key = std::move(*message.mutable_key());
  head.deadline = arrival.deadline;
  head.trace_id = std::move(arrival.trace_id);
  return {};
}

Status fill_quorum(const char* name, std::uint32_t count, RequestHead& head) {
  if (count > static_cast<std::uint32_t>(std::numeric_limits<int>::max())) {
    return malformed(std::string(name) + "=" + std::to_string(count) + " is out of range");
  }
  head.quorum = static_cast<int>(count);
  return {};
}

/// What every write says.
template <typename Message>
Status fill_write(Message& message, Arrival arrival, PutRequest& request) {
  if (Status filled = fill_head(message, std::move(arrival), request.head); !filled.is_ok()) return filled;
  if (message.has_w()) {
    if (Status filled = fill_quorum("w", message.w(), request.head); !filled.is_ok()) return filled;
  }
  if (message.has_context()) request.context = std::move(*message.mutable_context());
  request.if_match = message.if_match();
  if (message.has_op_id()) {
    request.op_id = parse_op_id(message.op_id());
    if (!request.op_id) return malformed("op_id is not a UUID");
  }
  return {};
}

/// What a write that brings something says of it.
template <typename Message>
Status fill_bringing(const Message& message, PutRequest& request) {
  request.create_only = message.create_only();
  if (!message.has_ttl_ms()) return {};
  if (message.ttl_ms() == 0) return malformed("ttl_ms is 0; leave it out to keep a value for ever");
  if (message.ttl_ms() > kMaxTtlMillis) return malformed("ttl_ms is more than a century");
  request.ttl = std::chrono::milliseconds(message.ttl_ms());
  return {};
}

/// The JSON object that an operation is: its name goes in front of its arguments.
Result<Operation> to_operation(std::string name, std::string_view arguments) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  if (name.empty() || !std::all_of(name.begin(), name.end(), is_letter)) return malformed("op is no operation's name");
  if (arguments.empty()) arguments = "{}";
  const std::size_t brace = arguments.find_first_not_of(kBlanks);
  if (brace == std::string_view::npos || arguments[brace] != '{') return malformed("arguments are no JSON object");
  arguments.remove_prefix(brace + 1);
  const std::size_t first = arguments.find_first_not_of(kBlanks);
  const bool alone = first != std::string_view::npos && arguments[first] == '}';
  Bytes call = R"({"op":")" + name + (alone ? "\"" : "\",");
  call += arguments;
  return Operation{std::move(name), std::move(call)};
}

void fill_clock(const Context& clock, google::protobuf::Map<std::string, google::protobuf::uint64>& map) {
  for (auto& [node, counter] : vector_clock(clock)) map[node] = counter;
}

/// The clock of one sibling: its own dot, under the name the whole clock has for that actor.
void fill_dot(const Dot& dot, const Context& clock, v1::Sibling& sibling) {
  std::string name = dot.actor.node;
  auto names = vector_clock(clock);
  for (std::size_t at = 0; at < names.size(); ++at) {
    if (clock.entries()[at].actor == dot.actor) name = names[at].first;
  }
  (*sibling.mutable_vector_clock())[name] = dot.counter;
}

void fill_siblings(const GetResult& result, v1::GetReply& reply) {
  for (const Version& version : result.siblings) {
    v1::Sibling& sibling = *reply.add_siblings();
    sibling.set_value(version.value);
    sibling.set_content_type(version.content_type);
    sibling.set_tombstone(version.tombstone);
    sibling.set_lww_millis(version.stamp.millis());
    fill_dot(version.dot, result.clock, sibling);
  }
}

}  // namespace

std::optional<OpId> parse_op_id(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  OpId id{};
  std::size_t digits = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (at == 8 || at == 13 || at == 18 || at == 23) {
      if (text[at] != '-') return std::nullopt;
      continue;
    }
    int digit = hex_digit(text[at]);
    if (digit < 0) return std::nullopt;
    id[digits / 2] = static_cast<std::uint8_t>(id[digits / 2] * 16 + digit);
    ++digits;
  }
  return id;
}

Result<PutRequest> to_request(v1::PutRequest&& message, Arrival arrival) {
  PutRequest request;
  if (Status filled = fill_write(message, std::move(arrival), request); !filled.is_ok()) return filled;
  if (Status filled = fill_bringing(message, request); !filled.is_ok()) return filled;
  request.value = std::move(*message.mutable_value());
  request.content_type =
      message.content_type().empty() ? kDefaultContentType : std::move(*message.mutable_content_type());
  return request;
}

Result<PutRequest> to_request(v1::DeleteRequest&& message, Arrival arrival) {
  PutRequest request;
  request.remove = true;
  if (Status filled = fill_write(message, std::move(arrival), request); !filled.is_ok()) return filled;
  return request;
}

Result<PutRequest> to_request(v1::UpdateRequest&& message, Arrival arrival) {
  PutRequest request;
  if (Status filled = fill_write(message, std::move(arrival), request); !filled.is_ok()) return filled;
  if (Status filled = fill_bringing(message, request); !filled.is_ok()) return filled;
  Result<Operation> operation = to_operation(std::move(*message.mutable_op()), message.arguments());
  if (!operation.is_ok()) return operation.status();
  request.operation = std::move(*operation);
  return request;
}

Result<GetRequest> to_request(v1::GetRequest&& message, Arrival arrival) {
  GetRequest request;
  if (Status filled = fill_head(message, std::move(arrival), request.head); !filled.is_ok()) return filled;
  if (message.has_r()) {
    if (Status filled = fill_quorum("r", message.r(), request.head); !filled.is_ok()) return filled;
  }
  return request;
}

void to_reply(const PutResult& result, v1::PutReply& reply) {
  reply.set_context(result.context);
  fill_clock(result.clock, *reply.mutable_vector_clock());
  reply.set_lww_millis(result.stamp.millis());
  reply.set_tombstone(result.tombstone);
}

void to_reply(GetResult&& result, v1::GetReply& reply) {
  reply.set_found(result.found);
  fill_clock(result.clock, *reply.mutable_vector_clock());
  reply.set_context(std::move(result.context));
  if (!result.found) return;
  bool concurrent = result.siblings.size() > 1;
  if (concurrent) {
    fill_siblings(result, reply);
    reply.set_resolved_by(std::move(result.resolved.resolved_by));
  }
  reply.set_unresolved(result.resolved.unresolved);
  if (auto winner = result.resolved.winner) {
    Version& version = result.siblings[*winner];
    reply.set_value(std::move(version.value));
    reply.set_content_type(std::move(version.content_type));
    reply.set_lww_millis(version.stamp.millis());
    return;
  }
  Stamp newest;
  for (const Version& version : result.siblings) newest = std::max(newest, version.stamp);
  reply.set_value(std::move(result.resolved.value));
  reply.set_content_type(std::move(result.resolved.content_type));
  reply.set_lww_millis(newest.millis());
}

}  // namespace stator::grpc_transport
