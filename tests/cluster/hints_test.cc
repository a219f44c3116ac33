#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <iostream>
#include <mutex>
#include <set>
#include <thread>

#include "tests/cluster/linked_cluster.h"
#include "tests/cluster/shown_values.h"

namespace stator::cluster {
namespace {

using ::testing::IsEmpty;
using Json = nlohmann::json;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kWrites = 4'000;
#else
constexpr int kWrites = 50'000;
#endif

/// Four nodes of which three hold each key, so that the fourth stands in for one that is down. Node 3 is the one.
class Hints : public testing::Test {
 protected:
  static constexpr std::size_t kOwner = 3;
  static constexpr std::size_t kOthers[] = {0, 1, 2};

  Hints() {
    for (std::size_t node = 0; node < linked.size(); ++node) {
      linked.cluster().process(node).command().arguments.emplace_back("--set=healing.repair_interval=\"1h\"");
    }
  }
  void SetUp() override { ASSERT_TRUE(linked.cluster().start_all()); }

  static std::string key(int i) { return "key-" + std::to_string(i); }
  bool is_owned(int i) const {
    const std::vector<std::size_t> holders = linked.holders(key(i));
    return std::find(holders.begin(), holders.end(), kOwner) != holders.end();
  }
  /// Hints that a node keeps for anybody; a node that does not say it has more than there can be.
  std::uint64_t hints_at(std::size_t node) {
    const Json page = linked.cluster().http(node).get("/debug/hints").json();
    return page.is_object() ? page["count"].get<std::uint64_t>() : ~std::uint64_t{0};
  }
  bool all_drained() {
    return std::all_of(std::begin(kOthers), std::end(kOthers),
                       [this](std::size_t node) { return hints_at(node) == 0; });
  }

  /// Writes keys with several clients, through all nodes but the owner; those that were acknowledged.
  std::set<int> write_all() {
    std::set<int> acknowledged;
    std::mutex mutex;
    std::vector<std::thread> clients;
    clients.reserve(12);
    for (int client = 0; client < 12; ++client) {
      clients.emplace_back([&, client] {
        HttpClient http = linked.cluster().http(kOthers[client % 3]);
        for (int i = client; i < kWrites; i += 12) {
          if (!http.put("/kv/" + key(i), key(i)).ok()) continue;
          const std::lock_guard lock(mutex);
          acknowledged.insert(i);
        }
      });
    }
    for (std::thread& client : clients) client.join();
    return acknowledged;
  }
  void kill_and_restart(std::size_t node) {
    linked.cluster().process(node).kill_now();
    ASSERT_TRUE(linked.cluster().start(node));
  }
  /// The keys among these that the owner ought to hold, and does not.
  std::vector<std::string> missing_at_owner(const std::set<int>& written) {
    HttpClient owner = linked.cluster().http(kOwner);
    std::vector<std::string> missing;
    for (int i : written) {
      if (!is_owned(i)) continue;
      const auto values = values_of(owner.get("/debug/siblings/" + key(i)));
      if (!values || !values->contains(key(i))) missing.push_back(key(i));
    }
    return missing;
  }

  LinkedCluster linked{4, 1};
};

TEST_F(Hints, AreAllDeliveredThoughEveryHolderDiesTwice) {
  linked.cluster().process(kOwner).kill_now();
  const std::set<int> written = write_all();
  EXPECT_GE(written.size(), static_cast<std::size_t>(kWrites) * 9 / 10);
  std::uint64_t kept = 0;
  for (int round = 0; round < 2; ++round) {
    kept = 0;
    for (std::size_t node : kOthers) {
      const std::uint64_t before = hints_at(node);
      EXPECT_GT(before, 0U) << linked.cluster().name(node) << " stands in for nobody";
      kill_and_restart(node);
      // No traffic asks for them. What was on its way to disk without being counted on may be there too.
      EXPECT_GE(hints_at(node), before) << linked.cluster().name(node);
      kept += hints_at(node);
    }
  }
  std::cout << written.size() << " writes acknowledged, " << kept << " hints kept" << std::endl;
  EXPECT_THAT(missing_at_owner(written), testing::SizeIs(testing::Gt(0U))) << "the owner is down";
  ASSERT_TRUE(linked.cluster().start(kOwner));
  for (std::size_t node : kOthers) kill_and_restart(node);  // in the middle of the delivery
  EXPECT_TRUE(await([this] { return all_drained(); }, 3 * kPatience));
  EXPECT_THAT(missing_at_owner(written), IsEmpty());
}

}  // namespace
}  // namespace stator::cluster
