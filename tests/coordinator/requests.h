#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "kernel/coordinator/peer_messages.h"
#include "tests/simulation/cluster.h"

/// Short ways to say what the coordinator's tests say often.
namespace stator::simulation {

inline PutRequest with_context(PutRequest request, const std::string& token) {
  request.context = token;
  return request;
}
inline PutRequest with_quorum(PutRequest request, int quorum) {
  request.head.quorum = quorum;
  return request;
}
inline GetRequest with_quorum(GetRequest request, int quorum) {
  request.head.quorum = quorum;
  return request;
}
inline PutRequest with_op(PutRequest request, std::uint8_t op) {
  request.op_id = OpId{op};
  return request;
}

/// The values of the live siblings, ascending.
inline std::vector<std::string> values(const GetResult& result) {
  std::vector<std::string> all;
  for (const Version& version : result.siblings) {
    if (!version.tombstone) all.push_back(version.value);
  }
  std::sort(all.begin(), all.end());
  return all;
}
inline std::vector<std::string> values(const std::optional<Record>& record) {
  GetResult result;
  if (record) result.siblings = record->versions;
  return values(result);
}

inline PutResult must_put(Cluster& cluster, std::size_t node, PutRequest request) {
  Outcome<PutResult> outcome = cluster.put(node, std::move(request));
  EXPECT_TRUE(outcome.is_ok()) << (outcome.is_ok() ? "" : outcome.failure().status.text());
  return outcome.is_ok() ? std::move(*outcome) : PutResult();
}
inline GetResult must_get(Cluster& cluster, std::size_t node, GetRequest request) {
  Outcome<GetResult> outcome = cluster.get(node, std::move(request));
  EXPECT_TRUE(outcome.is_ok()) << (outcome.is_ok() ? "" : outcome.failure().status.text());
  return outcome.is_ok() ? std::move(*outcome) : GetResult();
}
inline Failure must_fail(Cluster& cluster, std::size_t node, PutRequest request) {
  Outcome<PutResult> outcome = cluster.put(node, std::move(request));
  EXPECT_FALSE(outcome.is_ok());
  return outcome.is_ok() ? Failure() : outcome.failure();
}
inline Failure must_fail(Cluster& cluster, std::size_t node, GetRequest request) {
  Outcome<GetResult> outcome = cluster.get(node, std::move(request));
  EXPECT_FALSE(outcome.is_ok());
  return outcome.is_ok() ? Failure() : outcome.failure();
}

/// Lets everything that is in flight come to its end.
inline void settle(Cluster& cluster) { cluster.scheduler().run_for(std::chrono::seconds(5)); }

/// Counts what nodes ask of each other, from its making to its end.
class Traffic {
 public:
  explicit Traffic(Cluster& cluster) : cluster_(cluster) {
    cluster_.network().set_watch(
        [this](const std::string&, const std::string&, const Frame& request) { count(request); });
  }
  ~Traffic() { cluster_.network().set_watch(nullptr); }
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;

  std::size_t replications = 0;
  std::size_t removals = 0;  ///< of the replications
  std::size_t records = 0;   ///< asked for whole
  std::size_t digests = 0;
  std::size_t forwards = 0;
  Duration longest_deadline{0};

 private:
  void count(const Frame& request) {
    const Result<PeerRequestMessage> message = decode_peer_request(*request, TimePoint());
    ASSERT_TRUE(message.is_ok());
    longest_deadline = std::max(longest_deadline, message->head.deadline - TimePoint());
    if (const auto* put = std::get_if<ReplicatePut>(&message->body)) {
      ++replications;
      removals += put->tombstone ? 1 : 0;
    }
    if (const auto* get = std::get_if<ReplicaGet>(&message->body)) ++(get->digest_only ? digests : records);
    forwards += std::holds_alternative<Forward>(message->body) ? 1 : 0;
  }

  Cluster& cluster_;
};

}  // namespace stator::simulation
