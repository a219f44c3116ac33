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
  std::string op_id;  ///< opId, for writes that have no envelope
};

/// Unknown parameters are ignored, as HTTP's habit is; a known one that is malformed or comes twice is refused.
std::variant<Query, Refusal> parse_query(BytesView text);

}  // namespace stator::http
