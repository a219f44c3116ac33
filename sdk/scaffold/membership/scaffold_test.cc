#include <gtest/gtest.h>

#include <memory>

#include "stator/plugin.h"
#include "stator/testing/fake_host.h"
#include "stator/testing/membership_laws.h"
#include "stator/testing/modelled_files.h"

extern "C" const stator_plugin_descriptor stator_plugin;

namespace {

std::unique_ptr<stator::Membership> make(stator::Host& host) {
  stator::Status why;
  return std::unique_ptr<stator::Membership>(static_cast<stator::Membership*>(stator_plugin.create(host, {}, why)));
}

[[maybe_unused]] const bool kLaws = stator::testing::register_membership_laws("ScaffoldLaws", {.make = make});

struct NoLinks final : stator::Links {
  void send(const std::string&, stator::Bytes) override {}
};

TEST(Scaffold, IsNotStartedOnANodeThatNobodyHasConfigured) {
  stator::testing::ModelledDisk disk;
  stator::testing::ModelledFiles files(disk);
  stator::testing::FakeHost host(files);
  NoLinks links;
  const stator::Member other{.id = "other", .addresses = {}, .zone = {}};
  EXPECT_EQ(make(host)->start("self", {other}, links, [] {}).code(), stator::Code::invalid_argument);
}

}  // namespace
