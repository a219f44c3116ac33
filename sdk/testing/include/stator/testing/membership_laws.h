#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "stator/host.h"
#include "stator/membership.h"

namespace stator::testing {

/// A membership that is to be tried: several nodes of it on one thread, over links that lose messages, in virtual time.
struct MembershipUnderTest {
  /// A new instance on the host, as the plugin's `create` makes it. The host is a FakeHost, shared by all nodes.
  std::function<std::unique_ptr<Membership>(Host& host)> make;
  std::uint64_t seed = 1;
  int nodes = 5;
  int loss_percent = 20;                        ///< of the messages
  Duration patience = std::chrono::minutes(5);  ///< virtual: what must come true comes true within it
};

/// One thing every membership must do.
struct MembershipLaw {
  const char* name;      ///< "ListsItself"
  const char* sentence;  ///< for reports: what holds
  /// How the membership broke the law, a line each with the seed, at most five; empty if it keeps it.
  std::vector<std::string> (*violations)(const MembershipUnderTest& membership);
};

/// All laws. Lives for ever.
std::span<const MembershipLaw> membership_laws();

/// Makes each law a GoogleTest "suite.law". Call it before the tests run.
bool register_membership_laws(const std::string& suite, const MembershipUnderTest& membership);

}  // namespace stator::testing
