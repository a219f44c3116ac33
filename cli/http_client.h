#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/endpoint.h"
#include "stator/bytes.h"
#include "stator/status.h"

namespace stator::cli {

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";  ///< path and query, percent-encoded
  std::vector<std::pair<std::string, std::string>> headers;
  Bytes body;
};

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  Bytes body;

  bool ok() const { return status / 100 == 2; }
  /// The first header of this name, whatever its case; empty if there is none. Lives as long as the response.
  std::string_view header(std::string_view name) const;
};

/// One request over a connection of its own, and its answer, of whatever status: an answer is a success here.
/// Fails with unavailable if the node cannot be reached or hangs up, with deadline_exceeded after `timeout`;
/// the message names the endpoint. [any-thread, blocking]
Result<HttpResponse> fetch(const Endpoint& endpoint, const HttpRequest& request,
                           std::chrono::milliseconds timeout = std::chrono::seconds(10));

}  // namespace stator::cli
