#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "http_request.h"
#include "refusal.h"
#include "stator/bytes.h"

namespace stator::http {

/// Turns a connection's bytes into requests, one after the other. Beast knows the grammar; what it leaves open is
/// closed here: a head of many small fields is bounded as a whole, and a transfer coding that is not plain "chunked" is
/// refused instead of being read as "no body" (a way to smuggle a second request past a proxy). Never throws. [serial]
class RequestParser {
 public:
  enum class Progress {
    starved,  ///< the rest of `input` is not enough to go on
    head,     ///< the head is complete: request().has_body says whether to call again, perhaps after limit_body()
    body,     ///< some of the body was taken; call again
    done,     ///< the body is complete, too; call again only after next_request()
    failed,   ///< see refusal(); nothing more can be read from this connection
  };
  struct Step {
    std::size_t used = 0;  ///< bytes of the input that are done with
    Progress progress = Progress::starved;
  };

  explicit RequestParser(std::size_t max_header_bytes);
  ~RequestParser();

  Step feed(BytesView input);
  HttpRequest& request();
  const HttpRequest& request() const;
  /// Whether bytes of the current request have come, head or body.
  bool started() const;
  bool in_body() const;
  /// Bytes of the current body so far.
  std::uint64_t body_received() const;
  /// Fails with 413 once the body is larger. Without a call any size goes.
  void limit_body(std::uint64_t bytes);
  /// The body's bytes are counted, not kept.
  void discard_body();
  void next_request();
  const Refusal& refusal() const;

 private:
  class Grammar;
  std::unique_ptr<Grammar> grammar_;
};

}  // namespace stator::http
