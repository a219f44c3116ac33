#include "kernel/plugins/guards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <utility>

#include "kernel/plugins/loader.h"
#include "stator/testing/fake_host.h"
#include "stator/testing/modelled_files.h"
#include "tests/plugins/test_plugins.h"

namespace stator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

template <typename Interface, typename Made>
Instance<Interface> own(Made* made) {
  return {made, [](void* instance) { delete static_cast<Interface*>(instance); }};
}

struct Guards : ::testing::Test {
  testing::ModelledDisk disk;
  testing::ModelledFiles files{disk};
  testing::FakeHost host{files};
  std::vector<std::string> errors() const { return host.logged(LogLevel::error); }
};

std::vector<Version> three_siblings() {
  std::vector<Version> siblings(3);
  for (std::size_t i = 0; i < siblings.size(); ++i) siblings[i].dot = {{"node-a", {}}, i + 1};
  siblings[1].stamp = Stamp{9};
  siblings[1].tombstone = true;
  return siblings;
}

// Faults

TEST_F(Guards, AFaultIsCountedEachTimeAndLoggedOnceAMinute) {
  FaultLog faults(host, "storage fast");
  for (int i = 0; i < 1000; ++i)
    EXPECT_EQ(faults.record("get", "no").text(), "internal: storage fast failed in get: no");
  EXPECT_EQ(faults.count(), 1000u);
  EXPECT_THAT(errors(), SizeIs(1));
  host.advance(std::chrono::seconds(61));
  static_cast<void>(faults.record("get", "still no"));
  EXPECT_THAT(errors(),
              ElementsAre(HasSubstr("failed in get: no (1 faults"), HasSubstr("still no (1001 faults so far)")));
}

// Resolver

struct Ranked final : Resolver {
  explicit Ranked(std::optional<std::size_t> place) : place(place) {}
  /// `place` counts the siblings in the order of their dots.
  Resolution resolve(BytesView, std::span<const Version> siblings) const override {
    Resolution resolution;
    resolution.winner = place;
    for (std::size_t i = 0; i < siblings.size(); ++i) {
      if (place && siblings[i].dot.counter == *place + 1) resolution.winner = i;
    }
    resolution.resolved_by = "ranked";
    return resolution;
  }
  std::optional<std::size_t> place;
};

TEST_F(Guards, AGoodResolverIsLeftAlone) {
  ResolverGuard guard(own<Resolver>(new Ranked(0)), host, "resolver r", true);
  EXPECT_EQ(guard.resolve("key", three_siblings()).resolved_by, "ranked");
  EXPECT_EQ(guard.faults(), 0u);
}

TEST_F(Guards, AResolverThatThrowsAcrossALibraryLeavesTheKeyReadable) {
  Loader loader({kBad});
  Result<const Plugin*> plugin = loader.load("resolver", "throws_in_use");
  ASSERT_TRUE(plugin.is_ok()) << plugin.status().text();
  auto guard = make_resolver(**plugin, host, Config("mine", {}));
  ASSERT_TRUE(guard.is_ok()) << guard.status().text();
  std::vector<Version> siblings = three_siblings();
  EXPECT_EQ((*guard)->try_resolve("cart", siblings).status().message(),
            "resolver mine (throws_in_use 1.0.0) failed in resolve: no idea what cart means");
  EXPECT_THAT((*guard)->try_resolve("strange", siblings).status().message(), HasSubstr("not a std::exception"));
  Resolution shown = (*guard)->resolve("cart", siblings);
  EXPECT_EQ(shown.winner, 1u);
  EXPECT_TRUE(shown.tombstone);
  EXPECT_EQ(shown.resolved_by, "fault");
  EXPECT_EQ((*guard)->faults(), 3u);
  EXPECT_THAT(errors(), SizeIs(1));
}

TEST_F(Guards, AWinnerThatIsNoSiblingIsAFault) {
  ResolverGuard guard(own<Resolver>(new Ranked(3)), host, "resolver r", false);
  EXPECT_EQ(guard.try_resolve("key", three_siblings()).status().code(), Code::internal);
  EXPECT_EQ(guard.resolve("key", three_siblings()).winner, 1u);
}

TEST_F(Guards, OnlyATotalOrderMustNameAWinner) {
  ResolverGuard modest(own<Resolver>(new Ranked(std::nullopt)), host, "resolver r", false);
  EXPECT_TRUE(modest.try_resolve("key", three_siblings()).is_ok());
  ResolverGuard total(own<Resolver>(new Ranked(std::nullopt)), host, "resolver r", true);
  EXPECT_FALSE(total.try_resolve("key", three_siblings()).is_ok());
}

// Creation

TEST_F(Guards, CreationThatFailsSaysWhichPluginAndWhy) {
  Loader loader({kBad});
  auto thrower = make_resolver(**loader.load("resolver", "throws_in_create"), host, Config("mine", {}));
  ASSERT_FALSE(thrower.is_ok());
  EXPECT_EQ(thrower.status().message(), "resolver throws_in_create 1.0.0 (" + kBad +
                                            "/stator_resolver_throws_in_create.so) did not create \"mine\": "
                                            "an exception that is not a std::exception");
  auto refuser = make_resolver(**loader.load("resolver", "refuses"), host, Config("mine", {}));
  EXPECT_EQ(refuser.status().code(), Code::invalid_argument);
  EXPECT_THAT(refuser.status().message(), HasSubstr("did not create \"mine\": it does not like mine"));
}

TEST_F(Guards, APluginOfAnotherKindIsNotCreated) {
  Loader loader({kFake});
  auto storage = make_storage(**loader.load("resolver", "total"), host, Config("mine", {}));
  EXPECT_EQ(storage.status().code(), Code::failed_precondition);
  EXPECT_THAT(storage.status().message(), HasSubstr("it offers resolver/1"));
}

TEST_F(Guards, EveryKindIsMadeAndGuarded) {
  Loader loader({kFake});
  EXPECT_TRUE(make_storage(**loader.load("storage", "hole"), host, Config("a", {})).is_ok());
  EXPECT_TRUE(make_membership(**loader.load("membership", "forever"), host, Config("b", {})).is_ok());
  EXPECT_TRUE(make_transport(**loader.load("transport", "front"), host, Config("c", {})).is_ok());
}

// Storage

struct Crumbling final : Storage {
  Status open(const Path&) override { throw std::runtime_error("open"); }
  Status write(WriteBatch) override {
    if (++writes == 2) throw std::runtime_error("half written");
    return {};
  }
  Result<std::optional<Bytes>> get(BytesView) override { throw std::runtime_error("get"); }
  Status scan(BytesView, BytesView, const Visitor&) override { throw std::runtime_error("scan"); }
  Status checkpoint(const Path&) override { throw std::runtime_error("checkpoint"); }
  StorageStats stats() const override { throw std::runtime_error("stats"); }
  int writes = 0;
};

TEST_F(Guards, NothingThrownGetsOutOfAStorage) {
  StorageGuard guard(own<Storage>(new Crumbling), host, "storage s");
  EXPECT_EQ(guard.open("/data").message(), "storage s failed in open: open");
  EXPECT_EQ(guard.get("key").status().message(), "storage s failed in get: get");
  EXPECT_EQ(guard.scan("", "", [](BytesView, BytesView) { return true; }).code(), Code::internal);
  EXPECT_EQ(guard.checkpoint("/copy").code(), Code::internal);
  EXPECT_EQ(guard.stats().keys, 0u);
  EXPECT_EQ(guard.faults(), 5u);
}

TEST_F(Guards, AfterAWriteThatThrewNoWriteReachesTheStorage) {
  auto* storage = new Crumbling;
  StorageGuard guard(own<Storage>(storage), host, "storage s");
  EXPECT_TRUE(guard.write({}).is_ok());
  Status fault = guard.write({});
  EXPECT_THAT(fault.message(), HasSubstr("half written"));
  EXPECT_EQ(guard.write({}), fault);
  EXPECT_EQ(storage->writes, 2);
}

// Membership

struct Forgetful final : Membership {
  Status start(const std::string&, std::vector<Member>, Links&, OnChange) override { return {}; }
  std::vector<Member> members() const override {
    if (++asked == 2) return {{.id = "node-z", .addresses = {}, .zone = ""}};
    throw std::runtime_error("who?");
  }
  void receive(const std::string&, BytesView) override { throw std::runtime_error("what?"); }
  void leave() override { throw std::runtime_error("where?"); }
  void stop() override { throw 1; }
  mutable int asked = 0;
};

struct NoLinks final : Links {
  void send(const std::string&, Bytes) override {}
};

TEST_F(Guards, AMembershipThatFailsKeepsItsLastMembers) {
  NoLinks links;
  MembershipGuard guard(own<Membership>(new Forgetful), host, "membership m");
  std::vector<Member> configured{{.id = "node-b", .addresses = {}, .zone = ""},
                                 {.id = "node-a", .addresses = {}, .zone = ""}};
  ASSERT_TRUE(guard.start("node-a", configured, links, [] {}).is_ok());
  EXPECT_EQ(guard.members(), (std::vector<Member>{configured[1], configured[0]}));
  EXPECT_EQ(guard.members().front().id, "node-z");
  EXPECT_EQ(guard.members().front().id, "node-z");
  guard.receive("node-b", "message");
  guard.leave();
  guard.stop();
  EXPECT_EQ(guard.faults(), 5u);
}

// Transport

struct Careless final : Transport {
  enum class Way { answers, twice, drops, keeps, throws };
  explicit Careless(Way way) : way(way) {}
  Status start(const std::string&, Clients*, Peers*) override { throw std::runtime_error("start"); }
  std::string address() const override { throw std::runtime_error("address"); }
  void call(const std::string&, Frame request, TimePoint, Done done) override {
    if (way == Way::throws) throw std::runtime_error("call");
    if (way == Way::answers || way == Way::twice) done(request);
    if (way == Way::twice) done(request);
    if (way == Way::keeps) kept = std::move(done);
  }
  void stop() override { throw std::runtime_error("stop"); }
  const Way way;
  Done kept;
};

/// How often the completion of one call came, with what, and whether inside the call.
struct Answers {
  int count = 0;
  int inside = 0;
  Status last;
};

Answers call(testing::FakeHost& host, Careless::Way way) {
  Answers answers;
  {
    TransportGuard guard(own<Transport>(new Careless(way)), host, "transport t");
    guard.call("peer:1", std::make_shared<const Bytes>("frame"), TimePoint::max(), [&](const Result<Frame>& reply) {
      ++answers.count;
      answers.last = reply.status();
    });
    answers.inside = answers.count;
  }
  host.run_all();
  return answers;
}

TEST_F(Guards, ATransportThatAnswersIsLeftAlone) {
  Answers answers = call(host, Careless::Way::answers);
  EXPECT_EQ(answers.count, 1);
  EXPECT_TRUE(answers.last.is_ok());
  EXPECT_THAT(errors(), SizeIs(0));
}

TEST_F(Guards, ACallIsCompletedOnceHoweverCarelessTheTransport) {
  for (auto way : {Careless::Way::drops, Careless::Way::keeps, Careless::Way::throws}) {
    Answers answers = call(host, way);
    EXPECT_EQ(answers.count, 1);
    EXPECT_EQ(answers.inside, 0) << "inside the call";
    EXPECT_EQ(answers.last.message(), "transport t failed in call: it dropped a completion");
  }
  EXPECT_EQ(call(host, Careless::Way::twice).count, 1);
  EXPECT_THAT(errors().back(), HasSubstr("it completed a call twice"));
}

TEST_F(Guards, NothingThrownGetsOutOfATransport) {
  TransportGuard guard(own<Transport>(new Careless(Careless::Way::throws)), host, "transport t");
  EXPECT_EQ(guard.start("", nullptr, nullptr).message(), "transport t failed in start: start");
  EXPECT_EQ(guard.address(), "");
  guard.stop();
  EXPECT_EQ(guard.faults(), 3u);
}

}  // namespace
}  // namespace stator
