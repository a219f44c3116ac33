#include <gtest/gtest.h>

#include <memory>

#include "stator/plugin.h"
#include "stator/testing/fake_host.h"
#include "stator/testing/membership_laws.h"
#include "stator/testing/modelled_files.h"

extern "C" const stator_plugin_descriptor stator_plugin;

namespace stator {
namespace {

std::unique_ptr<Membership> make(Host& host) {
  Status why;
  return std::unique_ptr<Membership>(static_cast<Membership*>(stator_plugin.create(host, Config(), why)));
}

[[maybe_unused]] const bool kRegistered = testing::register_membership_laws("StaticLaws", {.make = make});

struct NoLinks final : Links {
  void send(const std::string& node, Bytes /*message*/) override { ADD_FAILURE() << "a message to " << node; }
};

struct StaticMembership : ::testing::Test {
  Status start(const std::string& self, const std::vector<std::string>& ids) {
    std::vector<Member> configured;
    configured.reserve(ids.size());
    for (const std::string& id : ids)
      configured.push_back({.id = id, .addresses = {}, .zone = "", .state = MemberState::dead});
    return membership->start(self, configured, links, [] { ADD_FAILURE() << "a change"; });
  }
  NoLinks links;
  testing::ModelledDisk disk;
  testing::ModelledFiles files{disk};
  testing::FakeHost host{files};
  std::unique_ptr<Membership> membership = make(host);
};

TEST_F(StaticMembership, ListsTheConfiguredNodesInOrderAndAlive) {
  ASSERT_TRUE(start("b", {"c", "a", "b"}).is_ok());
  std::vector<Member> members = membership->members();
  ASSERT_EQ(members.size(), 3u);
  EXPECT_EQ(members[0].id + members[1].id + members[2].id, "abc");
  for (const Member& member : members) EXPECT_EQ(member.state, MemberState::alive);
}

TEST_F(StaticMembership, RefusesAConfigurationWithoutItself) {
  Status status = start("d", {"a", "b"});
  EXPECT_EQ(status.code(), Code::invalid_argument);
  EXPECT_NE(status.message().find('d'), std::string::npos);
}

TEST_F(StaticMembership, RefusesANodeTwice) { EXPECT_EQ(start("a", {"a", "b", "a"}).code(), Code::invalid_argument); }

}  // namespace
}  // namespace stator
