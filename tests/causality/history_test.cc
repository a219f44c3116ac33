#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/causality/history_model.h"
#include "tests/simulation/seeds.h"

namespace stator::model {
namespace {

constexpr std::size_t kSeeds = 1'500;

/// The first violation among the seeds, with the command that replays it.
std::optional<std::string> first_violation(const Rules& rules, const Options& options) {
  for (std::uint64_t seed : simulation::seeds(kSeeds)) {
    if (std::optional<std::string> violation = History(seed, rules, options).run()) {
      return *violation + simulation::replay_hint(seed);
    }
  }
  return std::nullopt;
}

Version only_new(const WriteEffect& effect) { return *effect.copy.record.find(effect.dot); }

TEST(History, KeepsThePropertiesWhateverIsLostRepeatedReorderedOrWiped) {
  EXPECT_EQ(first_violation({}, {}), std::nullopt);
}

TEST(History, KeepsThePropertiesOnFiveReplicasWithManyClients) {
  EXPECT_EQ(first_violation({}, {.nodes = 5, .w = 3, .clients = 6, .steps = 100}), std::nullopt);
}

TEST(History, KeepsThePropertiesWithoutFaults) { EXPECT_EQ(first_violation({}, {.faults = false}), std::nullopt); }

// The liars. Each breaks one rule, and the very checks above must see it.

TEST(HistoryLiar, AMergeThatIgnoresTheContextIsCaught) {
  Rules liar;
  liar.merge = [](Record a, Record b) {
    Record all = merge(a, b);
    for (const Record* side : {&a, &b}) {
      for (const Version& version : side->versions) {
        if (all.find(version.dot) != nullptr) continue;
        auto at = std::lower_bound(all.versions.begin(), all.versions.end(), version.dot,
                                   [](const Version& held, const Dot& dot) { return held.dot < dot; });
        all.versions.insert(at, version);
      }
    }
    return all;
  };
  EXPECT_NE(first_violation(liar, {}), std::nullopt);
}

TEST(HistoryLiar, AMergeThatTrustsTheContextAloneIsCaught) {
  Rules liar;
  liar.merge = [](Record a, Record b) {
    Record all = merge(a, b);
    // Drops what the other side covers even though the other side still holds it.
    std::erase_if(all.versions, [&](const Version& version) {
      return a.context.covers(version.dot) && b.context.covers(version.dot) && a != b;
    });
    return all;
  };
  EXPECT_NE(first_violation(liar, {}), std::nullopt);
}

TEST(HistoryLiar, ACoordinatorThatShipsOnlyTheNewVersionIsCaught) {
  Rules liar;
  liar.shipped = [](const WriteEffect& effect) { return Record{effect.copy.record.context, {only_new(effect)}, {}}; };
  EXPECT_NE(first_violation(liar, {}), std::nullopt);
}

TEST(HistoryLiar, AMarkKeptThroughAnUncleanRestartIsCaught) {
  Rules liar;
  liar.unclean_restart_withdraws_marks = false;
  EXPECT_NE(first_violation(liar, {}), std::nullopt);
}

/// A client that reads everything and writes back, from whichever replica, once the one before is done.
Record read_all(const std::vector<Copy>& copies) {
  Record merged;
  for (const Copy& copy : copies) merged = merge(std::move(merged), copy.record);
  return merged;
}

TEST(ReadChangeWriteBack, ByClientsThatDoNotOverlapLeavesExactlyOneVersion) {
  for (std::uint64_t seed : simulation::seeds(500)) {
    std::mt19937_64 random(seed);
    std::vector<Copy> copies(3);
    for (std::uint64_t i = 1; i <= 30; ++i) {
      const std::size_t at = random() % 3;
      WriteIntent intent;
      intent.observed = read_all(copies).context;
      Result<WriteEffect> effect =
          apply_write(copies[at], intent, {std::string(1, static_cast<char>('a' + at)), Stamp{1}, Stamp{100 + i}});
      ASSERT_TRUE(effect.is_ok());
      copies[at] = effect->copy;
      const std::size_t other = (at + 1 + random() % 2) % 3;  // w = 2
      copies[other] = absorb(copies[other], effect->copy.record, std::string(1, static_cast<char>('a' + other)));
      ASSERT_EQ(read_all(copies).versions.size(), 1u) << simulation::replay_hint(seed);
    }
  }
}

TEST(ReadChangeWriteBack, ByClientsThatDoOverlapLeavesAtMostAsMany) {
  constexpr std::size_t kClients = 4;
  for (std::uint64_t seed : simulation::seeds(500)) {
    std::mt19937_64 random(seed);
    std::vector<Copy> copies(3);
    std::vector<Context> contexts(kClients);
    for (std::uint64_t i = 1; i <= 60; ++i) {
      Context& mine = contexts[random() % kClients];
      const std::size_t at = random() % 3;
      WriteIntent intent;
      intent.observed = mine;
      Result<WriteEffect> effect =
          apply_write(copies[at], intent, {std::string(1, static_cast<char>('a' + at)), Stamp{1}, Stamp{100 + i}});
      ASSERT_TRUE(effect.is_ok());
      copies[at] = effect->copy;
      for (std::size_t to = 0; to < 3; ++to)
        copies[to] = absorb(copies[to], effect->copy.record, std::string(1, static_cast<char>('a' + to)));
      const Record now = read_all(copies);
      ASSERT_LE(now.versions.size(), kClients) << simulation::replay_hint(seed);
      mine = now.context;
    }
  }
}

}  // namespace
}  // namespace stator::model
