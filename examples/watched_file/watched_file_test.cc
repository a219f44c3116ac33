#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "stator/plugin.h"
#include "stator/testing/fake_host.h"
#include "stator/testing/membership_laws.h"
#include "stator/testing/modelled_files.h"

extern "C" const stator_plugin_descriptor stator_plugin;

namespace {

using namespace stator;

std::unique_ptr<Membership> make(Host& host) {
  const Config config("main", {{"file", std::string("nodes")}, {"every", Duration(std::chrono::seconds(1))}});
  Status why;
  return std::unique_ptr<Membership>(static_cast<Membership*>(stator_plugin.create(host, config, why)));
}

[[maybe_unused]] const bool kLaws = stator::testing::register_membership_laws("WatchedFileLaws", {.make = make});

struct NoLinks final : Links {
  void send(const std::string&, Bytes) override { ADD_FAILURE() << "it talks to nobody"; }
};

struct WatchedFile : ::testing::Test {
  void SetUp() override {
    const auto node = [](const char* id) { return Member{.id = id, .addresses = {}, .zone = {}}; };
    ASSERT_TRUE(membership->start("b", {node("c"), node("a"), node("b")}, links, [this] { ++changes; }).is_ok());
  }
  void write(const std::string& text) {
    disk.replace("nodes", text);
    pass_a_second();
  }
  void pass_a_second() {
    host.advance(std::chrono::seconds(1));
    host.run_all();
  }
  std::string alive() const {
    std::string ids;
    for (const Member& member : membership->members()) ids += member.state == MemberState::alive ? member.id : "";
    return ids;
  }
  stator::testing::ModelledDisk disk;
  stator::testing::ModelledFiles files{disk};
  stator::testing::FakeHost host{files};
  NoLinks links;
  int changes = 0;
  std::unique_ptr<Membership> membership = make(host);
};

TEST_F(WatchedFile, WhoDoesNotStandInItIsDead) {
  write("a\nb\nc\n");
  EXPECT_EQ(changes, 0);
  write("a\nsomebody-else\n");
  EXPECT_EQ(alive(), "ab") << "a node knows that it is alive itself";
  write("c\nb\na");
  EXPECT_EQ(alive(), "abc");
  EXPECT_EQ(changes, 2);
}

TEST_F(WatchedFile, NothingChangesWhileThereIsNoFile) {
  pass_a_second();
  EXPECT_EQ(alive(), "abc");
  write("b");
  EXPECT_EQ(alive(), "b");
  disk.lose("nodes");
  pass_a_second();
  EXPECT_EQ(alive(), "b");
}

TEST_F(WatchedFile, IsSilentWhenStoppedWhileItReads) {
  disk.replace("nodes", "a");
  host.advance(std::chrono::seconds(1));
  ASSERT_TRUE(host.run_one()) << "the timer";
  ASSERT_TRUE(host.run_one()) << "the file has been read";
  membership->stop();
  membership.reset();
  host.run_all();
  EXPECT_EQ(changes, 0);
}

}  // namespace
