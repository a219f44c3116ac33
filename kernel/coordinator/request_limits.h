#pragma once

#include <cstddef>

#include "kernel/coordinator/keyspace.h"
#include "stator/requests.h"
#include "stator/status.h"

namespace stator {

inline constexpr std::size_t kMaxKeyBytes = 4096;

/// How many replicas a request asks for: its own number, its consistency, or the keyspace's. invalid_argument above n,
/// below 1, or below the keyspace's minimum: a client may strengthen what the owner of the data asked for, never weaken
/// it. Pure.
inline Result<std::size_t> required_replicas(const KeyspaceRules& rules, const RequestHead& head, bool write) {
  const int minimum = write ? rules.min_w : rules.min_r;
  const char* name = write ? "w" : "r";
  int wanted = write ? rules.w : rules.r;
  switch (head.consistency) {
    case Consistency::keyspace: break;
    case Consistency::one: wanted = 1; break;
    case Consistency::quorum: wanted = rules.n / 2 + 1; break;
    case Consistency::all: wanted = rules.n; break;
  }
  if (head.quorum) wanted = *head.quorum;
  if (wanted < 1 || wanted > rules.n || wanted < minimum) {
    return Status(Code::invalid_argument, std::string(name) + " = " + std::to_string(wanted) + ": keyspace " +
                                              rules.name + " allows " + std::to_string(std::max(1, minimum)) + " to " +
                                              std::to_string(rules.n));
  }
  return static_cast<std::size_t>(wanted);
}

inline Status check_key(BytesView key) {
  if (key.empty()) return {Code::invalid_argument, "the key is empty"};
  if (key.size() > kMaxKeyBytes) return {Code::invalid_argument, "the key is longer than 4096 bytes"};
  return Status::ok();
}

}  // namespace stator
