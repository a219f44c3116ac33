#pragma once

#include <cstddef>

#include "refusal.h"
#include "stator/requests.h"

namespace stator::http {

/// How a reply must be wrapped for the connection it goes to.
struct Framing {
  bool head_only = false;  ///< to HEAD: the same head, no body
  bool http10 = false;
  bool close = false;  ///< it is the connection's last
  BytesView date;      ///< "Sun, 22 Nov 2026 22:47:02 GMT"
};

/// One reply. Views live for the call.
struct Response {
  int status = 200;
  BytesView content_type;    ///< empty: a reply without a body, 204 or 304
  BytesView context;         ///< non-empty: X-Stator-Context, and as ETag unless the key is absent
  std::size_t siblings = 1;  ///< above 1: X-Stator-Siblings
  BytesView allow;           ///< for 405
  BytesView body;
};

/// Status line, headers and body, appended to `out`. Hand-made, because a serializer costs more than everything else
/// here.
void append_response(const Response& response, const Framing& framing, Bytes& out);

/// A refusal with its JSON body.
void append_refusal(const Refusal& refusal, const Framing& framing, Bytes& out);

/// "Sun, 22 Nov 2026 22:47:02 GMT"
std::string http_date(std::uint64_t unix_millis);

}  // namespace stator::http
