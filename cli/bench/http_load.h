#pragma once

#include <memory>

#include "cli/bench/load.h"

namespace stator::cli {

/// A load over HTTP: raw PUTs and GETs, one request in flight per connection, on one thread around epoll.
///
/// It shares its machine with the servers it measures, so it costs them as little as it can: requests are templates in
/// which only key and value are patched, a response is scanned for its end and nothing else, and an operation costs one
/// send and one recv. A connection that breaks is made again after 100 ms.
/// Fails if a target is no numeric address and its name is unknown.
Result<std::unique_ptr<Load>> make_http_load(const LoadOptions& options);

}  // namespace stator::cli
