#pragma once

#include <optional>
#include <string>
#include <variant>

#include "refusal.h"
#include "stator/requests.h"

namespace stator::http {

/// The JSON forms of this API: what clients send around a value, and what they get.

/// {"valueBase64", "nodeId"?, "opId"?, "context"?}; null is as good as absent.
struct Envelope {
  std::optional<Bytes> value;  ///< decoded
  std::string node_id;
  std::optional<std::string> op_id;
  std::optional<std::string> context;
};

enum class EnvelopeKind { put, remove };

/// The envelope of a put, which must have a value, or of a removal, which must not and may be empty altogether.
/// An unknown member is refused by name: it is more often a typing mistake than a wish.
std::variant<Envelope, Refusal> parse_envelope(BytesView json, EnvelopeKind kind);

/// What a POST asks for: {"op":"add","element":"milk", "nodeId"?, "opId"?, "context"?}. The last three are the
/// request's; all else is the operation's, as it stands there.
struct Call {
  Operation operation;
  Envelope envelope;
};

/// What is no JSON within the operation's own members is left to the data type to refuse.
std::variant<Call, Refusal> parse_call(BytesView json);

/// {"ok":true,"tombstone":…,"vectorClock":{…},"lwwMillis":…,"context":"…"}
void append_put_json(const PutResult& result, Bytes& out);

/// {"found":true,"valueBase64":…,"vectorClock":{…},"context":"…"}, or "value" with the JSON that a data type shows, or
/// "siblings" and "resolved" (null: nothing was picked) when there are several, or {"found":false} with the context if
/// there is one.
void append_get_json(const GetResult& result, Bytes& out);

/// {"found":false}
void append_not_found_json(Bytes& out);

/// {"error":…,"message":…,"required"?,"acked"?}
void append_refusal_json(const Refusal& refusal, Bytes& out);

/// The value a found result shows, until the result changes; null if the resolver's answer is "removed", or none.
const Bytes* shown_value(const GetResult& result);
/// The content type of that value; where there is none, of the first sibling that is not removed. Empty: through the
/// envelope.
BytesView shown_content_type(const GetResult& result);

}  // namespace stator::http
