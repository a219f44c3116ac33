#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "stator/host.h"
#include "stator/transport.h"

namespace stator::testing {

/// A transport with capability "peers" that is to be tried.
struct TransportUnderTest {
  /// A new instance on the host, as the plugin's `create` makes it. The host is a LoopHost.
  std::function<std::unique_ptr<Transport>(Host& host)> make;
  /// Beginnings of connections that nobody should send, peculiar to this carrier (a good opening with a monstrous
  /// length behind it, say). Each is sent to the listening port beside what the law sends to every carrier.
  std::vector<Bytes> hostile_openings = {};
  /// What is waited for that long counts as a hang. Nothing is asserted about how quick a transport is.
  Duration patience = std::chrono::seconds(30);
};

/// One thing every carrier must do, over real sockets on loopback.
struct TransportLaw {
  const char* name;      ///< "KeepsDeadlines"
  const char* sentence;  ///< for reports: what holds
  /// How the transport broke the law, a line each; empty if it keeps it. [blocking]
  std::vector<std::string> (*violations)(const TransportUnderTest& transport);
};

/// All laws of a carrier. Lives for ever.
std::span<const TransportLaw> transport_laws();

/// Makes each law a GoogleTest "suite.law". Call it before the tests run:
/// `const bool registered = stator::testing::register_transport_laws("Tcp", {.make = …});`
bool register_transport_laws(const std::string& suite, const TransportUnderTest& transport);

}  // namespace stator::testing
