#pragma once

#include <memory>

#include "cli/bench/load.h"

namespace stator::cli {

/// A load over gRPC: asynchronous calls of stator.v1.KV on one completion queue, as many in flight as there are
/// `connections`, over a few channels (each a TCP connection of its own) per target. A call that fails rests for
/// 100 ms before its place is used again, so that a dead target does not turn the load into a spin.
std::unique_ptr<Load> make_grpc_load(const LoadOptions& options);

}  // namespace stator::cli
