// Each law of resolvers has a liar that breaks it and keeps the others; a law that lets its liar through is worth
// nothing.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <stdexcept>
#include <thread>

#include "stator/testing/resolver_laws.h"

namespace stator::testing {
namespace {

using Siblings = std::span<const Version>;

Resolution winner(Siblings siblings, const Version& version) {
  Resolution resolution;
  resolution.winner = static_cast<std::size_t>(&version - siblings.data());
  resolution.tombstone = version.tombstone;
  resolution.resolved_by = "liar";
  return resolution;
}

const Version& greatest(Siblings siblings) {
  return *std::max_element(siblings.begin(), siblings.end(),
                           [](const Version& a, const Version& b) { return a.dot < b.dot; });
}

struct Honest final : Resolver {
  Resolution resolve(BytesView, Siblings siblings) const override { return winner(siblings, greatest(siblings)); }
};

struct Thrower final : Resolver {
  Resolution resolve(BytesView, Siblings siblings) const override {
    if (siblings.size() == 5) throw std::runtime_error("five is too many");
    return winner(siblings, greatest(siblings));
  }
};

struct FirstComeFirstServed final : Resolver {
  Resolution resolve(BytesView, Siblings siblings) const override { return winner(siblings, siblings.front()); }
};

struct SignsWithItsBirth final : Resolver {
  explicit SignsWithItsBirth(int nth) : nth(nth) {}
  Resolution resolve(BytesView, Siblings siblings) const override {
    Resolution resolution = winner(siblings, greatest(siblings));
    resolution.resolved_by = std::to_string(nth);
    return resolution;
  }
  const int nth;
};

struct OneAtATime final : Resolver {
  Resolution resolve(BytesView, Siblings siblings) const override {
    bool alone = inside.fetch_add(1) == 0;
    Resolution resolution = winner(siblings, alone ? greatest(siblings) : siblings.front());
    if (!alone) resolution.resolved_by = "a muddle";
    std::this_thread::yield();
    inside.fetch_sub(1);
    return resolution;
  }
  mutable std::atomic<int> inside = 0;
};

struct OneTooFar final : Resolver {
  Resolution resolve(BytesView, Siblings siblings) const override {
    Resolution resolution = winner(siblings, greatest(siblings));
    resolution.winner = siblings.size();
    return resolution;
  }
};

struct MergesThoughTotal final : Resolver {
  Resolution resolve(BytesView, Siblings siblings) const override {
    Resolution resolution;
    resolution.value = greatest(siblings).value + "!";
    return resolution;
  }
};

struct Median final : Resolver {
  Resolution resolve(BytesView, Siblings siblings) const override {
    std::map<Dot, const Version*> ordered;
    for (const Version& version : siblings) ordered.emplace(version.dot, &version);
    return winner(siblings, *std::next(ordered.begin(), static_cast<std::ptrdiff_t>(siblings.size() / 2))->second);
  }
};

template <typename Liar>
ResolverUnderTest subject() {
  return {.make = [] { return std::make_unique<Liar>(); }, .total_order = true, .sets = 2000};
}

/// The names of the laws that the resolver breaks.
std::vector<std::string> broken(const ResolverUnderTest& resolver) {
  std::vector<std::string> names;
  for (const ResolverLaw& law : resolver_laws()) {
    if (!law.violations(resolver).empty()) names.emplace_back(law.name);
  }
  return names;
}

using Names = std::vector<std::string>;

TEST(ResolverLiars, AnHonestOneBreaksNoLaw) { EXPECT_EQ(broken(subject<Honest>()), Names{}); }
TEST(ResolverLiars, OneThatThrows) { EXPECT_EQ(broken(subject<Thrower>()), Names{"ThrowsNothing"}); }
TEST(ResolverLiars, OneThatTakesTheFirst) { EXPECT_EQ(broken(subject<FirstComeFirstServed>()), Names{"IgnoresOrder"}); }
TEST(ResolverLiars, OneThatDiffersByInstance) {
  auto births = std::make_shared<int>(0);
  ResolverUnderTest resolver = subject<Honest>();
  resolver.make = [births] { return std::make_unique<SignsWithItsBirth>(++*births); };
  EXPECT_EQ(broken(resolver), Names{"IsDeterministic"});
}
TEST(ResolverLiars, OneThatBearsOneCallAtATime) {
  EXPECT_EQ(broken(subject<OneAtATime>()), Names{"BearsParallelCalls"});
}
TEST(ResolverLiars, OneWhoseWinnerIsNone) { EXPECT_EQ(broken(subject<OneTooFar>()), Names{"WinnerIsASibling"}); }
TEST(ResolverLiars, OneThatMergesThoughItClaimsATotalOrder) {
  EXPECT_EQ(broken(subject<MergesThoughTotal>()), Names{"WinnerIsASibling"});
  ResolverUnderTest modest = subject<MergesThoughTotal>();
  modest.total_order = false;
  EXPECT_EQ(broken(modest), Names{});
}
TEST(ResolverLiars, OneWhoseOrderIsNone) { EXPECT_EQ(broken(subject<Median>()), Names{"WinnerOfWinnersIsTheWinner"}); }

TEST(ResolverLiars, AViolationNamesItsSeedAndTheSameSeedFindsIt) {
  ResolverUnderTest resolver = subject<FirstComeFirstServed>();
  resolver.seed = 42;
  auto law = std::find_if(resolver_laws().begin(), resolver_laws().end(),
                          [](const ResolverLaw& each) { return std::string(each.name) == "IgnoresOrder"; });
  std::vector<std::string> first = law->violations(resolver);
  ASSERT_FALSE(first.empty());
  EXPECT_LE(first.size(), 5u);
  EXPECT_NE(first.front().find("seed 42, set "), std::string::npos);
  EXPECT_EQ(first, law->violations(resolver));
}

}  // namespace
}  // namespace stator::testing
