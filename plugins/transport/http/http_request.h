#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "stator/bytes.h"

namespace stator::http {

enum class Method { get, head, put, del, post, other };

/// One request as it came: the header fields this server knows, and the body without its transfer coding. A field that
/// came several times is joined by ", ", as HTTP has it.
struct HttpRequest {
  Method method = Method::other;
  bool http11 = true;
  bool keep_alive = true;
  std::string target;
  std::string accept;
  std::string content_type;
  std::string context;  ///< X-Stator-Context
  std::string ttl;      ///< X-Stator-TTL
  std::string if_match;
  std::string if_none_match;
  std::string traceparent;
  std::string expect;
  std::string transfer_encoding;
  int hosts = 0;          ///< Host fields
  int content_types = 0;  ///< Content-Type fields
  std::optional<std::uint64_t> content_length;
  bool has_body = false;  ///< one follows the head, be it empty
  Bytes body;

  bool is_safe() const { return method == Method::get || method == Method::head; }
  /// Empty again, with its strings' memory kept for the next request.
  void clear();
};

}  // namespace stator::http
