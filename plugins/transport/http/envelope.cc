#include "envelope.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <charconv>

#include "base64.h"
#include "json_text.h"

namespace stator::http {
namespace {

/// The envelope's members; a removal has none of the first.
enum Member : std::size_t { kValue, kNodeId, kOpId, kContext, kUnknown };
constexpr std::array<BytesView, kUnknown> kMembers{"valueBase64", "nodeId", "opId", "context"};

Member member_named(BytesView name, EnvelopeKind kind) {
  const auto found = std::find(kMembers.begin(), kMembers.end(), name);
  const auto member = static_cast<Member>(found - kMembers.begin());
  return member == kValue && kind == EnvelopeKind::remove ? kUnknown : member;
}

/// Puts one member where it belongs; the reason, if it does not.
std::optional<Refusal> set_member(const FlatObject& object, Member member, Envelope& envelope) {
  if (object.is_null()) return std::nullopt;
  if (!object.is_string()) return malformed("\"" + object.name() + "\" must be a string");
  switch (member) {
    case kValue: envelope.value = decode_base64(object.text()); break;
    case kNodeId: envelope.node_id = object.text(); break;
    case kOpId: envelope.op_id = object.text(); break;
    case kContext: envelope.context = object.text(); break;
    case kUnknown: break;
  }
  if (member == kValue && !envelope.value) return malformed("valueBase64 must be Base64");
  return std::nullopt;
}

Refusal unknown_member(const Bytes& name, EnvelopeKind kind) {
  return malformed("unknown field \"" + name + "\"; there are " + (kind == EnvelopeKind::put ? "valueBase64, " : "") +
                   "nodeId, opId and context");
}

void append_number(std::uint64_t number, Bytes& out) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

void append_clock(const Context& context, Bytes& out) {
  out += "{";
  bool first = true;
  for (const auto& [node, counter] : vector_clock(context)) {
    if (!first) out += ',';
    first = false;
    append_json_string(node, out);
    out += ':';
    append_number(counter, out);
  }
  out += '}';
}

void append_value(const Bytes* value, Bytes& out) {
  out += R"("valueBase64":)";
  if (value == nullptr) {
    out += "null";
    return;
  }
  out += '"';
  append_base64(*value, out);
  out += '"';
}

void append_context(BytesView context, Bytes& out) {
  out += R"(,"context":)";
  append_json_string(context, out);
}

void append_sibling(const Version& version, Bytes& out) {
  out += '{';
  append_value(version.tombstone ? nullptr : &version.value, out);
  out += R"(,"vectorClock":{)";
  append_json_string(version.dot.actor.node, out);
  out += ':';
  append_number(version.dot.counter, out);
  out += R"(},"lwwMillis":)";
  append_number(version.stamp.millis(), out);
  if (!version.content_type.empty()) {
    out += R"(,"contentType":)";
    append_json_string(version.content_type, out);
  }
  if (version.tombstone) out += R"(,"tombstone":true)";
  out += '}';
}

void append_resolved(const GetResult& result, Bytes& out) {
  if (result.resolved.unresolved) {
    out += "null";
    return;
  }
  const Bytes* value = shown_value(result);
  out += '{';
  append_value(value, out);
  if (value == nullptr) out += R"(,"tombstone":true)";
  out += R"(,"resolvedBy":)";
  append_json_string(result.resolved.resolved_by, out);
  out += '}';
}

void append_siblings(const GetResult& result, Bytes& out) {
  out += R"("siblings":[)";
  bool first = true;
  for (const Version& version : result.siblings) {
    if (!first) out += ',';
    first = false;
    append_sibling(version, out);
  }
  out += R"(],"resolved":)";
  append_resolved(result, out);
}

}  // namespace

std::variant<Envelope, Refusal> parse_envelope(BytesView json, EnvelopeKind kind) {
  Envelope envelope;
  if (json.empty() && kind == EnvelopeKind::remove) return envelope;
  FlatObject object(json);
  std::bitset<kMembers.size()> seen;
  while (object.next()) {
    const Member member = member_named(object.name(), kind);
    if (member == kUnknown) return unknown_member(object.name(), kind);
    if (seen[member]) return malformed("\"" + object.name() + "\" is given twice");
    seen.set(member);
    if (auto refusal = set_member(object, member, envelope)) return std::move(*refusal);
  }
  if (!object.mistake().empty()) return malformed(object.mistake());
  if (kind == EnvelopeKind::put && !envelope.value) return malformed("valueBase64 is required");
  return envelope;
}

std::variant<Call, Refusal> parse_call(BytesView json) {
  Call call;
  Bytes& arguments = call.operation.arguments;
  FlatObject object(json);
  std::bitset<kMembers.size()> seen;
  while (object.next()) {
    const Member member = member_named(object.name(), EnvelopeKind::remove);
    if (member != kUnknown) {
      if (seen[member]) return malformed("\"" + object.name() + "\" is given twice");
      seen.set(member);
      if (auto refusal = set_member(object, member, call.envelope)) return std::move(*refusal);
      continue;
    }
    if (object.name() == "op" && object.is_string()) call.operation.name = object.text();
    arguments += arguments.empty() ? '{' : ',';
    append_json_string(object.name(), arguments);
    arguments += ':';
    arguments += object.raw();
  }
  if (!object.mistake().empty()) return malformed(object.mistake());
  if (call.operation.name.empty()) return malformed("\"op\" must name an operation");
  arguments += '}';
  return call;
}

void append_put_json(const PutResult& result, Bytes& out) {
  out += result.tombstone ? R"({"ok":true,"tombstone":true,"vectorClock":)"
                          : R"({"ok":true,"tombstone":false,"vectorClock":)";
  append_clock(result.clock, out);
  out += R"(,"lwwMillis":)";
  append_number(result.stamp.millis(), out);
  append_context(result.context, out);
  out += '}';
}

void append_not_found_json(Bytes& out) { out += R"({"found":false})"; }

void append_get_json(const GetResult& result, Bytes& out) {
  if (!result.found) return append_not_found_json(out);
  out += R"({"found":true,)";
  if (result.siblings.size() > 1) {
    append_siblings(result, out);
  } else {
    if (result.datatype) {
      out += R"("value":)" + result.resolved.value;
    } else {
      append_value(shown_value(result), out);
    }
    out += R"(,"vectorClock":)";
    append_clock(result.clock, out);
  }
  append_context(result.context, out);
  out += '}';
}

void append_refusal_json(const Refusal& refusal, Bytes& out) {
  out += R"({"error":)";
  append_json_string(refusal.name, out);
  out += R"(,"message":)";
  append_json_string(refusal.message, out);
  if (refusal.required) out += R"(,"required":)" + std::to_string(*refusal.required);
  if (refusal.acked) out += R"(,"acked":)" + std::to_string(*refusal.acked);
  out += '}';
}

const Bytes* shown_value(const GetResult& result) {
  if (result.resolved.unresolved) return nullptr;
  if (!result.resolved.winner) return result.resolved.tombstone ? nullptr : &result.resolved.value;
  const Version& winner = result.siblings[*result.resolved.winner];
  return winner.tombstone ? nullptr : &winner.value;
}

BytesView shown_content_type(const GetResult& result) {
  if (shown_value(result) == nullptr) {
    for (const Version& version : result.siblings) {
      if (!version.tombstone) return version.content_type;
    }
    return {};
  }
  return result.resolved.winner ? result.siblings[*result.resolved.winner].content_type : result.resolved.content_type;
}

}  // namespace stator::http
