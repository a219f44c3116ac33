#pragma once

#include <optional>
#include <string>
#include <variant>

#include "refusal.h"
#include "stator/requests.h"

namespace stator::http {

/// What stands behind the '?', as far as this API knows it.
struct Query {
  std::optional<int> r;
  std::optional<int> w;
  Consistency consistency = Consistency::keyspace;
  std::optional<Duration> timeout;  ///< timeout_ms: 1 ms to a day
  std::optional<Duration> ttl;      ///< ttl_ms: 1 ms to 100 years
  std::optional<bool> raw;
  std::string op_id;     ///< opId, for writes that have no envelope
  Bytes key;             ///< of which a page is to tell more; empty: none
  std::string keyspace;  ///< which that key is in; empty: the path's
};

/// What ttl_ms and X-Stator-TTL take, for messages.
inline constexpr const char* kTtlForm = "a whole number of milliseconds, from 1 to 100 years";

/// How long a value lives, as ttl_ms and X-Stator-TTL have it: a whole number of milliseconds, 1 to 100 years. Absent:
/// it is none.
std::optional<Duration> parse_ttl(BytesView text);

/// Unknown parameters are ignored, as HTTP's habit is; a known one that is malformed or comes twice is refused.
std::variant<Query, Refusal> parse_query(BytesView text);

}  // namespace stator::http
