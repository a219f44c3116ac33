#include <gtest/gtest.h>

#include <memory>

#include "stator/plugin.h"
#include "stator/testing/fake_host.h"
#include "stator/testing/modelled_files.h"
#include "stator/testing/storage_laws.h"

extern "C" const stator_plugin_descriptor stator_plugin;

namespace {

std::unique_ptr<stator::Storage> make(stator::Host& host) {
  stator::Status why;
  return std::unique_ptr<stator::Storage>(static_cast<stator::Storage*>(stator_plugin.create(host, {}, why)));
}

[[maybe_unused]] const bool kLaws = stator::testing::register_storage_laws("ScaffoldLaws", {.make = make});

TEST(Scaffold, RefusesADamagedFile) {
  stator::testing::ModelledDisk disk;
  stator::testing::ModelledFiles files(disk);
  stator::testing::FakeHost host(files);
  const stator::Mutation mutation{.key = "key", .value = "value"};
  {
    const auto storage = make(host);
    ASSERT_TRUE(storage->open("store").is_ok());
    ASSERT_TRUE(storage->write({&mutation, 1}).is_ok());
  }
  disk.corrupt("store/all", 12, 1);
  EXPECT_EQ(make(host)->open("store").code(), stator::Code::data_loss);
}

}  // namespace
