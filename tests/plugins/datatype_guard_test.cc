#include "kernel/plugins/datatype_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <span>
#include <stdexcept>

#include "stator/testing/fake_host.h"
#include "stator/testing/modelled_files.h"

namespace stator {
namespace {

using ::testing::HasSubstr;

/// Does what it is told.
struct Scripted final : DataType {
  std::function<void(const Items&)> asks = [](const Items&) {};
  std::function<Result<Change>()> changes = [] { return Change{}; };
  std::function<Result<Bytes>()> shows = [] { return Bytes("[]"); };
  std::function<std::vector<Operation>()> shown = [] { return std::vector<Operation>{{"add", "{}"}}; };

  Result<Change> update(const Items& items, const Operation&, const Actor&) const override {
    asks(items);
    return changes();
  }
  Result<Bytes> read(const Items&) const override { return shows(); }
  std::vector<Operation> examples() const override { return shown(); }
};

Dot dot(const std::string& node, std::uint64_t counter) { return {{node, Stamp{1}}, counter}; }

class DataTypeGuardTest : public ::testing::Test {
 protected:
  DataTypeGuard guard(const std::function<void(Scripted&)>& script) {
    auto* made = new Scripted();
    script(*made);
    return {Instance<DataType>(made, [](void* instance) { delete static_cast<DataType*>(instance); }), host_,
            "datatype d"};
  }
  /// What becomes of a change to two items: one of node-a's, seen, and one of node-b's, not seen. node-c signs.
  Result<Change> tried(const DataTypeGuard& guard, const std::string& signer = "node-c") const {
    const Items items({{dot("node-a", 1), {}, "f", "v", true}, {dot("node-b", 1), {}, "f", "v", false}});
    return guard.update(items, {"add", "{}"}, {signer, Stamp{1}});
  }
  std::string refused(Change change) {
    const DataTypeGuard bad = guard([&](Scripted& script) { script.changes = [change] { return change; }; });
    const Status status = tried(bad).status();
    EXPECT_EQ(status.code(), Code::internal);
    EXPECT_EQ(bad.faults(), 1u);
    return status.message();
  }

  testing::ModelledDisk disk_;
  testing::ModelledFiles files_{disk_};
  testing::FakeHost host_{files_};
};

TEST_F(DataTypeGuardTest, LeavesAGoodOneAlone) {
  const DataTypeGuard good = guard([](Scripted& script) {
    script.changes = [] { return Change{{dot("node-a", 1)}, {{"f", "w"}}}; };
    script.shows = [] { return Bytes(R"({"a":[1]})"); };
  });
  EXPECT_EQ(tried(good)->added.size(), 1u);
  EXPECT_EQ(*good.read(Items({})), R"({"a":[1]})");
  EXPECT_EQ(good.examples().size(), 1u);
  EXPECT_EQ(good.faults(), 0u);
}

TEST_F(DataTypeGuardTest, RefusesToReplaceWhatIsNotThere) {
  EXPECT_THAT(refused({{dot("node-a", 2)}, {}}), HasSubstr("not there"));
  EXPECT_THAT(refused({{dot("node-a", 1), dot("node-z", 1)}, {}}), HasSubstr("not there"));
}

TEST_F(DataTypeGuardTest, RefusesToReplaceWhatTheClientHasNotSeenUnlessTheSignerPutItThere) {
  EXPECT_THAT(refused({{dot("node-b", 1)}, {}}), HasSubstr("not seen"));
  const DataTypeGuard own = guard([](Scripted& script) {
    script.changes = [] { return Change{{dot("node-b", 1)}, {}}; };
  });
  EXPECT_TRUE(tried(own, "node-b").is_ok());
}

/// Has one item of node-a's, which the client has seen, and takes its time to give it.
struct OneItem final : ItemSource {
  explicit OneItem(testing::FakeHost& of) : host(of) {}
  std::span<const Item> at(BytesView field) override { return field == "f" ? beneath(field) : std::span<const Item>(); }
  std::span<const Item> beneath(BytesView /*prefix*/) override {
    host.advance(takes);
    ++asked;
    return {&item, 1};
  }
  std::optional<Item> given(const Dot& dot) const override {
    return asked != 0 && dot == item.dot ? std::optional(item) : std::nullopt;
  }
  testing::FakeHost& host;
  const Item item{dot("node-a", 1), {}, "f", "v"};
  Duration takes{};
  int asked = 0;
};

TEST_F(DataTypeGuardTest, OverASourceItIsJudgedByWhatItHasAskedFor) {
  BytesView field = "g";
  const DataTypeGuard replacing = guard([&](Scripted& script) {
    script.asks = [&](const Items& items) { (void)items.at(field); };
    script.changes = [] { return Change{{dot("node-a", 1)}, {}}; };
  });
  OneItem source(host_);
  const auto replaced = [&] { return replacing.update(Items(source), {"add", "{}"}, {"node-c", Stamp{1}}); };
  EXPECT_THAT(replaced().status().message(), HasSubstr("has not asked for"));
  EXPECT_EQ(source.asked, 0) << "nor has the guard";
  field = "f";
  EXPECT_TRUE(replaced().is_ok());
  EXPECT_EQ(source.asked, 1);
}

TEST_F(DataTypeGuardTest, WhatItWaitsForIsNotItsTime) {
  Duration takes = std::chrono::milliseconds(50);
  const DataTypeGuard asking = guard([&](Scripted& script) {
    script.asks = [&](const Items& items) {
      for (int i = 0; i < 3; ++i) EXPECT_EQ(i == 0 ? items.at("f").size() : items.all().size(), 1u);
      EXPECT_EQ(items.given({dot("node-a", 1), dot("node-a", 2)}).size(), 1u);
      host_.advance(takes);
    };
  });
  OneItem source(host_);
  source.takes = std::chrono::milliseconds(51);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(asking.update(Items(source), {"add", "{}"}, {"node-c", Stamp{1}}).is_ok());
  EXPECT_EQ(asking.overruns(), 0u);
  takes = std::chrono::milliseconds(51);
  EXPECT_TRUE(asking.update(Items(source), {"add", "{}"}, {"node-c", Stamp{1}}).is_ok());
  EXPECT_EQ(asking.overruns(), 1u);
}

TEST_F(DataTypeGuardTest, ARefusalIsNoFaultAndAnyOtherFailureIs) {
  for (const Code code : {Code::invalid_argument, Code::failed_precondition, Code::data_loss}) {
    const DataTypeGuard refusing =
        guard([&](Scripted& script) { script.changes = [code] { return Status(code, "no"); }; });
    EXPECT_EQ(tried(refusing).status().text(), Status(code, "no").text());
    EXPECT_EQ(refusing.faults(), 0u);
  }
  const DataTypeGuard failing = guard([](Scripted& script) {
    script.changes = [] { return Status(Code::unavailable, "not today"); };
    script.shows = [] { return Status(Code::unavailable, "not today"); };
  });
  EXPECT_EQ(tried(failing).status().code(), Code::internal);
  EXPECT_EQ(failing.read(Items({})).status().code(), Code::internal);
  EXPECT_EQ(failing.faults(), 2u);
}

TEST_F(DataTypeGuardTest, WhatIsThrownEndsHere) {
  const DataTypeGuard throwing = guard([](Scripted& script) {
    script.changes = []() -> Result<Change> { throw std::runtime_error("no idea"); };
    script.shows = []() -> Result<Bytes> { throw 7; };
    script.shown = []() -> std::vector<Operation> { throw std::bad_alloc(); };
  });
  EXPECT_THAT(tried(throwing).status().message(), HasSubstr("datatype d failed in update: no idea"));
  EXPECT_THAT(throwing.read(Items({})).status().message(), HasSubstr("not a std::exception"));
  EXPECT_TRUE(throwing.examples().empty());
  EXPECT_EQ(throwing.faults(), 3u);
}

TEST_F(DataTypeGuardTest, WhatIsShownMustBeJson) {
  for (const char* text : {"", "[1", "[1] [2]", "nothing"}) {
    const DataTypeGuard odd = guard([&](Scripted& script) { script.shows = [text] { return Bytes(text); }; });
    EXPECT_EQ(odd.read(Items({})).status().code(), Code::internal) << text;
    EXPECT_EQ(odd.faults(), 1u);
  }
}

TEST_F(DataTypeGuardTest, OneThatKeepsTakingTooLongIsLeftOutForAWhile) {
  Duration takes = std::chrono::milliseconds(51);
  const DataTypeGuard slow = guard([&](Scripted& script) {
    script.changes = [&] {
      host_.advance(takes);
      return Change{};
    };
  });
  EXPECT_TRUE(tried(slow).is_ok());
  EXPECT_TRUE(tried(slow).is_ok());
  takes = Duration(0);
  EXPECT_TRUE(tried(slow).is_ok()) << "one that did not take long, between";
  takes = std::chrono::milliseconds(51);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(tried(slow).is_ok());
  EXPECT_EQ(slow.overruns(), 5u);
  EXPECT_EQ(tried(slow).status().code(), Code::unavailable);
  EXPECT_EQ(slow.read(Items({})).status().code(), Code::unavailable);
  host_.advance(std::chrono::seconds(31));
  EXPECT_TRUE(tried(slow).is_ok());
  EXPECT_EQ(slow.faults(), 0u);
}

}  // namespace
}  // namespace stator
