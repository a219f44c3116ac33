#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "kernel/plugins/guards.h"
#include "kernel/plugins/loader.h"
#include "stator/testing/fake_host.h"
#include "stator/testing/modelled_files.h"
#include "tests/plugins/test_plugins.h"

namespace stator {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Answers as the test says.
struct Scripted final : Resolver {
  using Answer = std::function<Resolution(std::span<const Version>)>;
  explicit Scripted(Answer answer) : answer(std::move(answer)) {}
  Resolution resolve(BytesView, std::span<const Version> siblings) const override { return answer(siblings); }
  const Answer answer;
};

Resolution of(std::optional<std::size_t> winner, const Bytes& value = {}) {
  Resolution resolution;
  resolution.winner = winner;
  resolution.value = value;
  resolution.resolved_by = "scripted";
  return resolution;
}

struct ResolverGuards : ::testing::Test {
  ResolverGuards() {
    for (std::size_t i = 0; i < siblings.size(); ++i) siblings[i].dot = {{"node-a", {}}, i + 1};
    siblings[1].stamp = Stamp{9};
  }
  ResolverGuard guard(Scripted::Answer answer) {
    return {
        Instance<Resolver>(new Scripted(std::move(answer)), [](void* made) { delete static_cast<Resolver*>(made); }),
        host, "resolver r", false};
  }
  /// What the guard says of that answer.
  std::string fault(const Resolution& answer, std::uint64_t most = 10) {
    return guard([answer](auto) { return answer; }).try_resolve("key", siblings, most).status().message();
  }
  std::vector<std::string> errors() const { return host.logged(LogLevel::error); }

  testing::ModelledDisk disk;
  testing::ModelledFiles files{disk};
  testing::FakeHost host{files};
  std::vector<Version> siblings{3};
};

TEST_F(ResolverGuards, EachBadPluginIsTold) {
  const std::pair<const char*, const char*> plugins[] = {
      {"throws_in_use", "no idea what cart means"},
      {"out_of_range", "its winner is not one of the siblings"},
      {"nameless", "it does not say what it resolved by"},
      {"oversized", "it made a value of 2097152 bytes, which is more than max_value_bytes"},
      {"split_type", "it made a content type that is none"},
      {"fickle", "it answers otherwise when the same siblings come in another order"}};
  Loader loader({kBad});
  for (const auto& [name, fault] : plugins) {
    Result<const Plugin*> plugin = loader.load("resolver", name);
    ASSERT_TRUE(plugin.is_ok()) << plugin.status().text();
    auto bad = make_resolver(**plugin, host, Config("mine", {}));
    ASSERT_TRUE(bad.is_ok()) << bad.status().text();
    const Status status = (*bad)->try_resolve("cart", siblings, 1 << 20).status();
    EXPECT_EQ(status.code(), Code::internal);
    EXPECT_EQ(status.message(), "resolver mine (" + std::string(name) + " 1.0.0) failed in resolve: " + fault);
    EXPECT_THAT(errors().back(), HasSubstr(name));
    EXPECT_EQ((*bad)->faults(), 1u);
    const Result<Resolution> again = (*bad)->try_resolve("strange", siblings, 1 << 20);
    EXPECT_FALSE(again.is_ok()) << name;
    EXPECT_EQ((*bad)->faults(), 2u);
  }
}

TEST_F(ResolverGuards, WhatContradictsItselfIsNonsense) {
  Resolution both = of(0);
  both.unresolved = true;
  EXPECT_THAT(fault(both), HasSubstr("it names a winner and leaves open which one wins"));
  Resolution removal = of({}, "x");
  removal.tombstone = true;
  EXPECT_THAT(fault(removal), HasSubstr("it made a removal with a value"));
  Resolution two_lines = of({});
  two_lines.resolved_by = "a\nb";
  EXPECT_THAT(fault(two_lines), HasSubstr("it does not say what it resolved by"));
  Resolution endless = of({});
  endless.content_type = std::string(2000, 'x');
  EXPECT_THAT(fault(endless), HasSubstr("content type"));
}

TEST_F(ResolverGuards, WhatIsAllowedIsNoFault) {
  Resolution unresolved = of({});
  unresolved.unresolved = true;
  EXPECT_EQ(fault(unresolved), "");
  Resolution removal = of({});
  removal.tombstone = true;
  EXPECT_EQ(fault(removal), "");
  Resolution value = of({}, "0123456789");
  value.content_type = "text/plain; charset=\"\xc3\xa4\"";
  EXPECT_EQ(fault(value, 10), "") << "as large as allowed";
  EXPECT_THAT(fault(value, 9), HasSubstr("10 bytes"));
  EXPECT_THAT(errors(), SizeIs(1));
}

TEST_F(ResolverGuards, DisagreementInAnyPartOfTheAnswerIsAFault) {
  const auto differing = [](const Resolution& first, const Resolution& second) {
    return [first, second, calls = 0](auto) mutable { return calls++ == 0 ? first : second; };
  };
  Resolution base = of({}, "v");
  std::vector<Resolution> others(6, base);
  others[0].value = "w";
  others[1].content_type = "a/b";
  others[2].resolved_by = "another";
  others[3].winner = 0;
  others[4].unresolved = true;
  others[5].value.clear();
  others[5].tombstone = true;
  for (const Resolution& other : others)
    EXPECT_FALSE(guard(differing(base, other)).try_resolve("key", siblings).is_ok());
  EXPECT_TRUE(guard(differing(base, base)).try_resolve("key", siblings).is_ok());
  EXPECT_FALSE(guard(differing(of(0), of(7))).try_resolve("key", siblings).is_ok());
  EXPECT_TRUE(guard(differing(of(0), of(2))).try_resolve("key", siblings).is_ok()) << "the same one, from behind";
}

TEST_F(ResolverGuards, WhatTakesTooLongIsCountedAndItsAnswerCounts) {
  const ResolverGuard slow = guard([this](auto) {
    host.advance(CallTimes::kBudget + std::chrono::milliseconds(1));
    return of({}, "v");
  });
  EXPECT_EQ(slow.try_resolve("key", siblings)->value, "v");
  EXPECT_EQ(slow.overruns(), 2u) << "it is asked twice";
  EXPECT_EQ(slow.faults(), 0u);
  EXPECT_THAT(errors(), ElementsAre(HasSubstr("a call took 51 ms, more than 50 ms")));
}

TEST_F(ResolverGuards, OneThatKeepsTakingTooLongIsLeftOutForAWhile) {
  int calls = 0;
  bool is_slow = true;
  const ResolverGuard slow = guard([&](auto) {
    ++calls;
    if (is_slow) host.advance(CallTimes::kBudget * 2);
    return of({}, "v");
  });
  while (slow.overruns() < CallTimes::kPatience) EXPECT_TRUE(slow.try_resolve("key", siblings).is_ok());
  EXPECT_THAT(errors().back(), AllOf(HasSubstr("resolver r is left out for 30000 ms"), HasSubstr("newest")));
  EXPECT_THAT(errors(), SizeIs(2)) << "the first call that took too long, and this, once";
  const int called = calls;
  EXPECT_EQ(slow.try_resolve("key", siblings).status().code(), Code::unavailable);
  EXPECT_EQ(slow.resolve("key", siblings).winner, 1u);
  EXPECT_EQ(calls, called);
  EXPECT_EQ(slow.faults(), 0u);

  host.advance(CallTimes::kLeftOut);
  EXPECT_TRUE(slow.try_resolve("key", siblings).is_ok()) << "it has another chance";
  EXPECT_FALSE(slow.try_resolve("key", siblings).is_ok()) << "one";

  host.advance(CallTimes::kLeftOut);
  is_slow = false;
  EXPECT_TRUE(slow.try_resolve("key", siblings).is_ok());
  is_slow = true;
  EXPECT_TRUE(slow.try_resolve("key", siblings).is_ok()) << "what was before is forgotten";
  EXPECT_TRUE(slow.try_resolve("key", siblings).is_ok());
}

TEST_F(ResolverGuards, ACallThatThrowsLateHasTakenItsTimeToo) {
  const ResolverGuard slow = guard([&](auto) -> Resolution {
    host.advance(CallTimes::kBudget * 2);
    throw 1;
  });
  for (int i = 0; i < CallTimes::kPatience; ++i) EXPECT_FALSE(slow.try_resolve("key", siblings).is_ok());
  EXPECT_EQ(slow.overruns(), 3u);
  EXPECT_EQ(slow.try_resolve("key", siblings).status().code(), Code::unavailable);
}

TEST_F(ResolverGuards, OneThatDoesNotReturnIsEndedAndLeftOutForGood) {
  Loader loader({kBad});
  const Result<const Plugin*> plugin = loader.load("resolver", "endless");
  ASSERT_TRUE(plugin.is_ok()) << plugin.status().text();
  const stator_plugin_descriptor& endless = *(*plugin)->descriptor;
  Status why;
  auto* const made = static_cast<Resolver*>(endless.create(host, Config("mine", {}), why));
  static int destroyed = 0;
  CallWatch watch;
  {
    const ResolverGuard guard({made, [](void*) { ++destroyed; }, code_around(&endless)}, host, "resolver r", false,
                              &watch);
    const Status ended = guard.try_resolve("key", siblings).status();
    EXPECT_EQ(ended.text(), "internal: resolver r failed in resolve: " + std::string(CallTimes::kEnded));
    EXPECT_EQ(guard.faults(), 1U);
    EXPECT_EQ(guard.overruns(), 1U);
    host.advance(CallTimes::kLeftOut * 2);
    EXPECT_EQ(guard.try_resolve("key", siblings).status().code(), Code::unavailable);
    EXPECT_EQ(guard.resolve("key", siblings).resolved_by, "fault");
  }
  EXPECT_THAT(errors(), ElementsAre(HasSubstr("a call does not return"),
                                    HasSubstr("resolver r is left out until the node starts again"),
                                    HasSubstr(CallTimes::kEnded)));
  EXPECT_EQ(destroyed, 0) << "whatever it was in the middle of";
  endless.destroy(made);
}

TEST_F(ResolverGuards, QuickCallsAreNeverLeftOut) {
  const ResolverGuard quick = guard([&](auto) {
    host.advance(CallTimes::kBudget);
    return of(1);
  });
  for (int i = 0; i < 10; ++i) static_cast<void>(quick.try_resolve("key", siblings));
  EXPECT_EQ(quick.overruns(), 0u);
}

}  // namespace
}  // namespace stator
