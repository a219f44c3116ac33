#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "stator/testing/storage_laws.h"
#include "storage_plain_log.h"

// Whether the law that lets readers run beside the writer shows a race to ThreadSanitizer, and only where there is one.

namespace stator::testing {
namespace {

/// All its answers are right. Only the count of its calls is kept without a lock.
class CountsWithoutALock final : public PlainLog {
 public:
  explicit CountsWithoutALock(Host& host) : PlainLog(host.files()) {}
  Status write(WriteBatch batch) override {
    ++calls_;
    return PlainLog::write(batch);
  }
  Result<std::optional<Bytes>> get(BytesView key) override {
    ++calls_;
    return PlainLog::get(key);
  }

 private:
  std::uint64_t calls_ = 0;
};

class CountsNothing final : public PlainLog {
 public:
  explicit CountsNothing(Host& host) : PlainLog(host.files()) {}
};

template <typename Tried>
[[noreturn]] void try_law() {
  const auto laws = storage_laws();
  const auto law = std::find_if(laws.begin(), laws.end(), [](const StorageLaw& each) {
    return each.name == std::string("ReadersRunBesideTheWriter");
  });
  if (law == laws.end()) std::_Exit(1);
  const bool kept = law->violations({.make = [](Host& host) { return std::make_unique<Tried>(host); }}).empty();
  std::exit(kept ? 0 : 1);
}

constexpr int kRaced = 66;  // how a process ends in which ThreadSanitizer saw a race

struct StorageRaces : ::testing::Test {
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(StorageRaces, AreSeenWhereTheLawIsKept) {
  EXPECT_EXIT(try_law<CountsWithoutALock>(), ::testing::ExitedWithCode(kRaced), "data race");
}

TEST_F(StorageRaces, AreNotSeenWhereThereIsNone) {
  EXPECT_EXIT(try_law<CountsNothing>(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace stator::testing
