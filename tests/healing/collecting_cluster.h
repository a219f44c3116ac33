#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "kernel/healing/collect_messages.h"
#include "tests/coordinator/requests.h"

namespace stator::simulation {

/// Four nodes, three replicas of each key, tombstones due after six seconds and looked for every second.
inline ClusterOptions collecting_options(std::uint64_t seed = 1) {
  ClusterOptions options{.seed = seed, .nodes = 4};
  options.rules.timeout = std::chrono::milliseconds(300);
  options.rules.tombstone_grace = std::chrono::seconds(6);
  options.setup.max_clock_skew = std::chrono::milliseconds(500);
  options.setup.collect_interval = std::chrono::seconds(1);
  options.setup.anti_entropy.interval = std::chrono::seconds(2);
  return options;
}

/// A cluster in which tombstones are collected, and what its tests say often. Each test is about key "k".
class CollectingCluster : public ::testing::Test {
 protected:
  explicit CollectingCluster(std::uint64_t seed = 1) : cluster_(collecting_options(seed)) {
    holders_ = cluster_.holders("k");
    other_ = cluster_.others("k").front();
  }

  std::size_t holding() {
    std::size_t count = 0;
    for (std::size_t node : holders_) count += cluster_[node].up() && cluster_.copy(node, "k").has_value() ? 1 : 0;
    return count;
  }
  bool is_gone() { return holding() == 0; }
  /// Waits for it.
  bool goes(std::chrono::seconds within = std::chrono::seconds(60)) {
    return cluster_.scheduler().run_until([this] { return is_gone(); }, within);
  }
  /// What the rounds came upon.
  std::string reasons() {
    std::string all;
    for (std::size_t node = 0; node < cluster_.size(); ++node) {
      if (!cluster_[node].up()) continue;
      const auto& left = cluster_[node].node().collection_counters().left;
      for (std::size_t block = 0; block < left.size(); ++block) {
        if (left[block] > 0)
          all += id(node) + " " + name_of(static_cast<CollectBlock>(block)) + ": " + std::to_string(left[block]) + "; ";
      }
    }
    return all;
  }
  /// Though there is time enough.
  bool stays() {
    cluster_.scheduler().run_for(std::chrono::seconds(30));
    return holding() > 0;
  }
  void write_and_remove() {
    must_put(cluster_, holders_[0], with_quorum(put_of("k", "old"), 3));
    must_put(cluster_, holders_[0], with_quorum(removal_of("k"), 3));
    settle(cluster_);
  }
  const std::string& id(std::size_t node) { return cluster_[node].id(); }
  std::vector<std::string> read() { return values(must_get(cluster_, other_, with_quorum(get_of("k"), 3))); }

  /// Lets time pass until the first such request of a collection is sent: to that node, if one is named.
  void reach(CollectStep step, const std::string& to = "") {
    bool reached = false;
    cluster_.network().set_watch([&](const std::string&, const std::string& receiver, const Frame& frame) {
      const Result<PeerRequestMessage> message = decode_peer_request(*frame, TimePoint());
      const auto* question = message.is_ok() ? std::get_if<CollectQuestion>(&message->body) : nullptr;
      if (question == nullptr || (!to.empty() && receiver != to)) return;
      reached = reached || decode_collect_request(question->message)->step == step;
    });
    EXPECT_TRUE(cluster_.scheduler().run_until([&reached] { return reached; }, std::chrono::seconds(60)));
    cluster_.network().set_watch(nullptr);
  }
  /// Waits for a round that reaches its commit, which that node does not hear of.
  void lose_the_commit_to(std::size_t node) {
    bool lost = false;
    cluster_.network().set_watch([&](const std::string& sender, const std::string& receiver, const Frame& frame) {
      const Result<PeerRequestMessage> message = decode_peer_request(*frame, TimePoint());
      const auto* question = message.is_ok() ? std::get_if<CollectQuestion>(&message->body) : nullptr;
      if (question == nullptr || receiver != id(node)) return;
      if (decode_collect_request(question->message)->step != CollectStep::commit) return;
      cluster_.network().cut(sender, receiver);
      lost = true;
    });
    EXPECT_TRUE(cluster_.scheduler().run_until([&lost] { return lost; }, std::chrono::seconds(60)));
    cluster_.network().set_watch(nullptr);
    cluster_.scheduler().run_for(std::chrono::milliseconds(500));
    EXPECT_EQ(holding(), 1u);
  }
  /// The frame that carries a write to that node, which does not get it.
  Frame intercept(std::size_t from, std::size_t to, PutRequest request) {
    Frame caught;
    cluster_.network().set_watch([&](const std::string&, const std::string& receiver, const Frame& frame) {
      const Result<PeerRequestMessage> message = decode_peer_request(*frame, TimePoint());
      if (receiver == id(to) && std::holds_alternative<ReplicatePut>(message->body)) caught = frame;
    });
    cluster_.network().cut(id(from), id(to));
    must_put(cluster_, from, std::move(request));
    cluster_.network().set_watch(nullptr);
    settle(cluster_);
    cluster_.network().heal();
    EXPECT_NE(caught, nullptr);
    return caught;
  }
  /// It arrives at last. What the node says to it.
  Status deliver(std::size_t to, const Frame& frame) {
    PeerServer server(cluster_[to].node(), {[](LogLevel, const std::string&) {}, nullptr});
    std::optional<Status> answer;
    cluster_[to].executor().post([&] {
      server.receive(id(holders_[0]), frame, [&answer](const Frame& reply) {
        const Result<PeerReplyMessage> message = decode_peer_reply(*reply);
        answer = message->failure ? message->failure->status : Status::ok();
      });
    });
    cluster_.scheduler().run_until([&answer] { return answer.has_value(); }, std::chrono::seconds(1));
    return answer.value_or(Status(Code::internal, "no answer"));
  }

  Cluster cluster_;
  std::vector<std::size_t> holders_;
  std::size_t other_ = 0;
};

}  // namespace stator::simulation
