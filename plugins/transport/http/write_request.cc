#include "write_request.h"

#include <xxhash.h>

#include <algorithm>

#include "ascii.h"
#include "envelope.h"
#include "negotiation.h"

namespace stator::http {
namespace {

/// Room for the members beside the value; and the most that is read of a body nobody needs.
constexpr std::uint64_t kSmallBody = 64 << 10;
constexpr std::size_t kMaxOpIdBytes = 128;

std::optional<OpId> parse_uuid(BytesView text) {
  OpId id{};
  if (text.size() != 36) return std::nullopt;
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int digit = hex_digit(text[i]);
    if (digit < 0) return std::nullopt;
    auto& byte = id[digits / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | digit);
    ++digits;
  }
  return id;
}

/// The text between an entity tag's quotes. Nothing for a weak one, a list, or a torn one.
std::optional<BytesView> entity_tag(BytesView field) {
  if (field.find(',') != BytesView::npos || field.starts_with("W/")) return std::nullopt;
  if (!field.starts_with('"')) return field.find('"') == BytesView::npos ? std::optional(field) : std::nullopt;
  if (field.size() < 2 || !field.ends_with('"')) return std::nullopt;
  field = field.substr(1, field.size() - 2);
  return field.find('"') == BytesView::npos ? std::optional(field) : std::nullopt;
}

/// One context may come by several ways, but only one.
std::optional<Refusal> add_context(PutRequest& put, BytesView context) {
  if (put.context && *put.context != context) return malformed("the request names two different contexts");
  put.context = Bytes(context);
  return std::nullopt;
}

std::optional<Refusal> read_conditions(const HttpRequest& request, PutRequest& put) {
  if (!request.context.empty()) {
    if (auto refusal = add_context(put, request.context)) return refusal;
  }
  if (!request.if_match.empty()) {
    put.if_match = true;
    const auto tag = entity_tag(request.if_match);
    if (!tag) return malformed("If-Match takes one strong entity tag, or *");
    if (request.if_match != "*") {
      if (auto refusal = add_context(put, *tag)) return refusal;
    }
  }
  if (request.if_none_match.empty()) return std::nullopt;
  if (request.if_none_match != "*") return malformed("If-None-Match of a write takes only *");
  put.create_only = true;
  return std::nullopt;
}

std::optional<Refusal> read_ttl(const HttpRequest& request, const Query& query, PutRequest& put) {
  put.ttl = query.ttl;
  if (!request.ttl.empty()) {
    const auto ttl = parse_ttl(request.ttl);
    if (!ttl) return malformed("X-Stator-TTL must be " + std::string(kTtlForm));
    if (put.ttl && put.ttl != ttl) return malformed("the request names two different lifetimes");
    put.ttl = ttl;
  }
  return put.ttl && put.remove ? std::optional(malformed("a removal has no lifetime")) : std::nullopt;
}

std::optional<Refusal> read_op_id(PutRequest& put, BytesView text) {
  const auto id = make_op_id(text);
  if (!id) return malformed("opId must have 1 to 128 bytes; a UUID is best");
  if (put.op_id && *put.op_id != *id) return malformed("the request names two different opIds");
  put.op_id = id;
  return std::nullopt;
}

std::optional<Refusal> take(Envelope envelope, PutRequest& put) {
  put.claimed_node = std::move(envelope.node_id);
  put.context = std::move(envelope.context);
  if (envelope.value) put.value = std::move(*envelope.value);
  return envelope.op_id ? read_op_id(put, *envelope.op_id) : std::nullopt;
}

std::optional<Refusal> read_envelope(const HttpRequest& request, PutRequest& put) {
  auto parsed = parse_envelope(request.body, put.remove ? EnvelopeKind::remove : EnvelopeKind::put);
  if (auto* refusal = std::get_if<Refusal>(&parsed)) return std::move(*refusal);
  return take(std::get<Envelope>(std::move(parsed)), put);
}

std::optional<Refusal> read_call(const HttpRequest& request, PutRequest& put) {
  auto parsed = parse_call(request.body);
  if (auto* refusal = std::get_if<Refusal>(&parsed)) return std::move(*refusal);
  Call& call = std::get<Call>(parsed);
  put.operation = std::move(call.operation);
  return take(std::move(call.envelope), put);
}

}  // namespace

bool has_envelope(const HttpRequest& request, const Query& query) {
  return is_json(request.content_type) && query.raw != true;
}

std::uint64_t body_limit(const HttpRequest& request, const Query& query, std::uint64_t max_value_bytes) {
  // An operation brings no more than a value may have, or little more, and else is refused by the keyspace.
  if (request.method == Method::post) return max_value_bytes + kSmallBody;
  if (request.method != Method::put) return kSmallBody;
  // Base64 takes 4/3; some writers of JSON escape each '/'.
  return has_envelope(request, query) ? max_value_bytes / 2 * 3 + kSmallBody : max_value_bytes;
}

RequestHead make_head(const HttpRequest& request, Route& route) {
  RequestHead head;
  head.keyspace = std::move(route.keyspace);
  head.key = std::move(route.key);
  head.consistency = route.query.consistency;
  head.quorum = request.is_safe() ? route.query.r : route.query.w;
  head.trace_id = trace_id(request.traceparent);
  return head;
}

std::variant<PutRequest, Refusal> make_write(HttpRequest& request, Route& route, std::uint64_t max_value_bytes) {
  PutRequest put;
  put.head = make_head(request, route);
  put.remove = request.method == Method::del;
  if (auto refusal = read_ttl(request, route.query, put)) return std::move(*refusal);
  if (request.method == Method::post) {
    if (auto refusal = read_call(request, put)) return std::move(*refusal);
    // A removal has no value, so that any body it has can only be an envelope.
  } else if (put.remove || has_envelope(request, route.query)) {
    if (auto refusal = read_envelope(request, put)) return std::move(*refusal);
  } else {
    put.content_type = request.content_type.empty() ? "application/octet-stream" : request.content_type;
    put.value = std::move(request.body);
  }
  if (put.value.size() > max_value_bytes) {
    return too_large("the value is larger than " + std::to_string(max_value_bytes) + " bytes");
  }
  if (!route.query.op_id.empty()) {
    if (auto refusal = read_op_id(put, route.query.op_id)) return std::move(*refusal);
  }
  if (auto refusal = read_conditions(request, put)) return std::move(*refusal);
  return put;
}

std::string trace_id(BytesView traceparent) {
  constexpr std::size_t kVersion = 2;
  constexpr std::size_t kLength = 55;  // 00-<32>-<16>-<2>
  if (traceparent.size() < kLength || traceparent[kVersion] != '-' || traceparent.starts_with("ff")) return {};
  const BytesView id = traceparent.substr(kVersion + 1, 32);
  if (traceparent[35] != '-' || id.find_first_not_of("0123456789abcdef") != BytesView::npos) return {};
  return id.find_first_not_of('0') == BytesView::npos ? std::string() : std::string(id);
}

std::optional<OpId> make_op_id(BytesView text) {
  if (text.empty() || text.size() > kMaxOpIdBytes) return std::nullopt;
  if (auto uuid = parse_uuid(text)) return uuid;
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  OpId id{};
  std::copy(std::begin(canonical.digest), std::end(canonical.digest), id.begin());
  return id;
}

}  // namespace stator::http
