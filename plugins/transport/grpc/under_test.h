#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "stator/plugin.h"
#include "stator/transport.h"

// The descriptor that the objects linked into a test export.
extern "C" const stator_plugin_descriptor stator_plugin;

namespace stator::grpc_transport {

struct TestOptions {
  std::int64_t max_message_bytes = 64 << 20;
  std::int64_t max_in_flight = 4096;
  std::int64_t threads = 0;
};

/// A new instance, made as the kernel makes it.
inline std::unique_ptr<Transport> make_grpc(Host& host, TestOptions options = {}) {
  Status why;
  Config config("grpc", {{"max_message_bytes", options.max_message_bytes},
                         {"max_in_flight", options.max_in_flight},
                         {"threads", options.threads}});
  auto* made = static_cast<Transport*>(stator_plugin.create(host, config, why));
  EXPECT_NE(made, nullptr) << why.text();
  return std::unique_ptr<Transport>(made);
}

}  // namespace stator::grpc_transport
