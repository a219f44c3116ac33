#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <random>

#include "tests/cluster/set_load.h"
#include "tests/cluster/shown_values.h"
#include "tests/cluster/troubles.h"

namespace stator::cluster {
namespace {

using std::chrono::seconds;
using ::testing::IsEmpty;
using ::testing::Not;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr seconds kTroubled{25};
#else
constexpr seconds kTroubled{120};
#endif
constexpr seconds kHealed{60};

struct Sets : testing::Test {
  /// What all siblings of the key have, as every holder shows it: they must agree.
  std::set<std::string> values_everywhere(const std::string& key) {
    const std::size_t holder = linked.holders(key).front();
    HttpClient client = linked.cluster().http(holder);
    return values_of(get_json(client, "/debug/siblings/" + key)).value_or(std::set<std::string>());
  }
  /// Asking all replicas makes the differing ones equal.
  void read_everywhere(const std::string& key) {
    HttpClient client = linked.cluster().http(0);
    get_json(client, "/kv/" + key + "?consistency=all");
  }

  const std::uint64_t seed = std::random_device()();
  LinkedCluster linked{5, seed};
};

TEST_F(Sets, NothingAcknowledgedIsLostUnderPartitionsKillsAndFreezes) {
  std::cout << "seed " << seed << std::endl;
  SCOPED_TRACE("seed " + std::to_string(seed));
  ASSERT_TRUE(linked.cluster().start_all());
  SetLoad load({.ports = linked.ports(), .seed = seed});
  Troubles troubles(linked, seed);
  const auto end = std::chrono::steady_clock::now() + kTroubled;
  while (std::chrono::steady_clock::now() < end) {
    troubles.next();
    load.await_progress(150, seconds(1));  // or as long as it takes nobody to get anywhere
  }
  ASSERT_TRUE(troubles.end());
  EXPECT_TRUE(load.await_progress(100)) << "all is well again";
  load.stop();
  for (const std::string& kind : Troubles::kinds()) EXPECT_GE(troubles.counts().at(kind), 1) << kind;
  std::cout << load.acknowledged() << " elements acknowledged" << std::endl;
  EXPECT_GE(load.acknowledged(), 1000U);

  const std::vector<std::string> keys = load.keys();
  const auto agree = [this](const std::string& key) { return linked.agrees(key); };
  const auto healing = std::chrono::steady_clock::now();
  EXPECT_TRUE(await([&] { return std::all_of(keys.begin(), keys.end(), agree); }, kHealed)) << "with no reads";
  std::cout << "equal after " << std::chrono::duration_cast<seconds>(std::chrono::steady_clock::now() - healing).count()
            << " s" << std::endl;
  for (const std::string& key : keys) {
    EXPECT_TRUE(agree(key)) << linked.cluster().http(0).get("/admin/explain/" + key).body;
    const std::set<std::string> values = values_everywhere(key);
    EXPECT_THAT(load.lost(key, values), IsEmpty());
    EXPECT_THAT(load.invented(key, values), IsEmpty());
  }
}

TEST_F(Sets, ALiarThatForgetsContextsIsCaught) {
  ASSERT_TRUE(linked.cluster().start_all());
  SetLoad load({.ports = linked.ports(), .seed = seed, .keys = 1, .forgets_contexts = true});
  ASSERT_TRUE(load.await_progress(500));
  load.stop();
  const std::string key = load.keys().front();
  read_everywhere(key);
  EXPECT_THAT(load.lost(key, values_everywhere(key)), Not(IsEmpty()));
}

TEST_F(Sets, AReplicaThatMissedAWriteIsSeenToDiffer) {
  ASSERT_TRUE(linked.cluster().start_all());
  HttpClient client = linked.cluster().http(0);
  ASSERT_EQ(client.put("/kv/key?w=3", "old").status, 204);
  // A fallback may have stood in for one that was slow.
  ASSERT_TRUE(await([&] { return linked.agrees("key"); }, seconds(60)));
  const std::vector<std::size_t> holders = linked.holders("key");
  ASSERT_EQ(holders.size(), 3U);
  linked.links().isolate(holders[2]);
  ASSERT_EQ(linked.cluster().http(holders[0]).put("/kv/key", "new").status, 204);
  EXPECT_FALSE(linked.agrees("key"));
}

/// A client that reads, changes and writes back, a step at a time.
class Editor {
 public:
  Editor(HttpClient client, std::string name) : client_(std::move(client)), name_(std::move(name)) {}

  /// The siblings it saw; of a step that writes, none.
  std::size_t step() {
    if (!context_.empty()) {
      const std::string value = name_ + std::to_string(++written_);
      EXPECT_EQ(client_.put("/kv/edited", value, std::exchange(context_, {})).status, 204);
      return 0;
    }
    const HttpAnswer answer = get_json(client_, "/kv/edited");
    context_ = answer.field("x-stator-context");
    EXPECT_NE(context_, "") << answer.status << answer.body;
    return values_of(answer)->size();
  }
  int written() const { return written_; }

 private:
  HttpClient client_;
  const std::string name_;
  std::string context_;
  int written_ = 0;
};

TEST_F(Sets, TwoInterleavedEditorsNeverMakeMoreThanTwoSiblings) {
  std::cout << "seed " << seed << std::endl;
  SCOPED_TRACE("seed " + std::to_string(seed));
  constexpr int kRounds = 1000;
  ASSERT_TRUE(linked.cluster().start_all());
  std::mt19937_64 random(seed);
  Editor editors[] = {{linked.cluster().http(0), "a"}, {linked.cluster().http(1), "b"}};
  std::size_t most = 0;
  while (editors[0].written() < kRounds || editors[1].written() < kRounds) {
    const std::size_t seen = editors[random() % 2].step();
    ASSERT_LE(seen, 2U) << "after " << editors[0].written() << " and " << editors[1].written() << " rounds";
    most = std::max(most, seen);
  }
  EXPECT_EQ(most, 2U) << "they did not overlap";
  for (const std::string& copy : linked.copies("edited")) {
    EXPECT_LE(nlohmann::json::parse(copy)["siblings"].size(), 2U) << copy;
  }
}

}  // namespace
}  // namespace stator::cluster
