#include <gtest/gtest.h>

#include <algorithm>
#include <variant>

#include "kernel/causality/record_codec.h"
#include "kernel/coordinator/peer_messages.h"
#include "tests/coordinator/random_history.h"
#include "tests/simulation/seeds.h"

namespace stator::simulation {
namespace {

constexpr std::size_t kSeeds = 300;

/// The first violation among the seeds, with the way to replay it.
std::optional<std::string> first_violation(HistoryOptions options, std::size_t count = kSeeds) {
  for (std::uint64_t seed : seeds(count)) {
    options.seed = seed;
    if (std::optional<std::string> violation = RandomHistory(options).run()) return *violation + replay_hint(seed);
  }
  return std::nullopt;
}

TEST(RandomHistories, LoseNoAcknowledgedWriteAndBringNoneBack) { EXPECT_EQ(first_violation({}), std::nullopt); }

TEST(RandomHistories, WhereMostNodesDoNotHoldTheKeyLoseNothingEither) {
  EXPECT_EQ(first_violation({.nodes = 6, .clients = 6}, kSeeds / 2), std::nullopt);
}

TEST(RandomHistories, OfAStrictKeyspaceLoseNothingEither) {
  EXPECT_EQ(first_violation({.nodes = 5, .clients = 6, .sloppy = false}, kSeeds / 2), std::nullopt);
}

TEST(RandomHistories, AcknowledgeMostOfWhatIsAsked) {
  RandomHistory calm({.faults = 0});
  EXPECT_EQ(calm.run(), std::nullopt);
  EXPECT_GT(calm.acknowledged(), 30u);
}

TEST(RandomHistories, OfOneSeedAreOneHistory) {
  for (std::uint64_t seed : seeds(5)) {
    RandomHistory one({.seed = seed});
    RandomHistory other({.seed = seed});
    static_cast<void>(one.run());
    static_cast<void>(other.run());
    EXPECT_EQ(one.trace(), other.trace()) << replay_hint(seed);
    EXPECT_GT(one.trace().size(), 1000u);
  }
  RandomHistory first({.seed = 1});
  RandomHistory second({.seed = 2});
  static_cast<void>(first.run());
  static_cast<void>(second.run());
  EXPECT_NE(first.trace(), second.trace());
}

// The liars, over the same histories and the same judge.

TEST(RandomHistoryLiar, AnAcknowledgementBeforeTheSyncIsCaught) {
  HistoryOptions options;
  options.setup.commit.acknowledges_before_the_sync = true;
  EXPECT_NE(first_violation(options), std::nullopt);
}

/// The record of a replication with only its newest version left under the merged context.
Frame newest_alone(const std::string& /*from*/, const std::string& /*to*/, Frame request) {
  const Result<PeerRequestMessage> message = decode_peer_request(*request, TimePoint());
  const auto* put = std::get_if<ReplicatePut>(&message->body);
  if (put == nullptr) return request;
  Record record = *decode_record(put->record);
  const auto newest = std::max_element(record.versions.begin(), record.versions.end(),
                                       [](const Version& a, const Version& b) { return a.stamp < b.stamp; });
  if (newest == record.versions.end()) return request;
  record.versions = {Version(*newest)};
  const PeerRequestHead& head = message->head;
  if (!put->hint_for.empty()) {
    ReplicatePut hint = *put;
    hint.record = encode_record(record);
    return encode_hint(hint, head, TimePoint());
  }
  return encode_replicate(put->keyspace, put->key, encode_record(record), put->tombstone, head, TimePoint());
}

TEST(RandomHistoryLiar, ACoordinatorThatShipsOnlyTheNewVersionIsCaught) {
  HistoryOptions options;
  options.tamper = newest_alone;
  EXPECT_NE(first_violation(options), std::nullopt);
}

TEST(RandomHistoryLiar, APutsAnswerThatCoversUnseenSiblingsIsCaught) {
  HistoryOptions options;
  options.put_answers_cover_everything = true;
  EXPECT_NE(first_violation(options), std::nullopt);
}

}  // namespace
}  // namespace stator::simulation
