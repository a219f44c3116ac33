#include <gtest/gtest.h>

#include <memory>

#include "stator/plugin.h"
#include "stator/testing/datatype_laws.h"
#include "stator/testing/fake_host.h"
#include "stator/testing/modelled_files.h"

extern "C" const stator_plugin_descriptor stator_plugin;

namespace {

std::unique_ptr<stator::DataType> make() {
  stator::testing::ModelledDisk disk;
  stator::testing::ModelledFiles files(disk);
  stator::testing::FakeHost host(files);  // a data type does not keep it
  stator::Status why;
  return std::unique_ptr<stator::DataType>(static_cast<stator::DataType*>(stator_plugin.create(host, {}, why)));
}

[[maybe_unused]] const bool kLaws = stator::testing::register_datatype_laws("ScaffoldLaws", {.make = make});

TEST(Scaffold, ADisableTakesAwayWhatItHasSeen) {
  const stator::Actor self{"self", {}};
  const stator::Items items({{{self, 1}, {}, {}, {}, false}, {{self, 2}, {}, {}, {}}});
  const auto change = make()->update(items, {"disable", R"({"op":"disable"})"}, self);
  ASSERT_TRUE(change.is_ok());
  EXPECT_EQ(change->replaced, (std::vector<stator::Dot>{{self, 2}}));
  EXPECT_TRUE(change->added.empty());
}

}  // namespace
