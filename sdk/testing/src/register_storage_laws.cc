#include <gtest/gtest.h>

#include <cstdlib>
#include <utility>

#include "stator/testing/storage_laws.h"

namespace stator::testing {
namespace {

class StorageLawTest : public ::testing::Test {
 public:
  StorageLawTest(const StorageLaw& law, StorageUnderTest storage) : law_(law), storage_(std::move(storage)) {}
  void TestBody() override {
    for (const std::string& violation : law_.violations(storage_)) {
      ADD_FAILURE() << law_.sentence << ": " << violation << "\nreplay with STATOR_SEED=" << storage_.seed
                    << " and --gtest_filter=*." << law_.name;
    }
  }

 private:
  const StorageLaw& law_;
  StorageUnderTest storage_;
};

}  // namespace

bool register_storage_laws(const std::string& suite, StorageUnderTest storage) {
  if (const char* seed = std::getenv("STATOR_SEED")) storage.seed = std::strtoull(seed, nullptr, 10);
  for (const StorageLaw& law : storage_laws()) {
    if (!applies(law, storage)) continue;
    ::testing::RegisterTest(suite.c_str(), law.name, nullptr, nullptr, __FILE__, __LINE__,
                            [&law, storage]() -> ::testing::Test* { return new StorageLawTest(law, storage); });
  }
  return true;
}

}  // namespace stator::testing
