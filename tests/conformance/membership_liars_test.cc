// Each law of memberships has a liar that breaks it and keeps the others; a law that lets its liar through is worth
// nothing.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>

#include "stator/testing/membership_laws.h"

namespace stator::testing {
namespace {

/// Keeps every law, and says a word to a neighbour at the start, so that there are messages.
class Honest : public Membership {
 public:
  explicit Honest(Host& host) : host_(host) {}
  Status start(const std::string& self, std::vector<Member> configured, Links& links, OnChange on_change) override {
    self_ = self;
    on_change_ = std::move(on_change);
    std::sort(configured.begin(), configured.end(), [](const Member& a, const Member& b) { return a.id < b.id; });
    members_ = std::move(configured);
    links.send(members_.front().id, "hello from " + self);
    return Status::ok();
  }
  std::vector<Member> members() const override { return members_; }
  void receive(const std::string&, BytesView) override {}
  void leave() override {}
  void stop() override {}

 protected:
  Host& host_;
  std::string self_;
  OnChange on_change_;
  std::vector<Member> members_;
};

struct Forgetful final : Honest {
  using Honest::Honest;
  std::vector<Member> members() const override {
    std::vector<Member> others = members_;
    std::erase_if(others, [&](const Member& member) { return member.id == self_; });
    return others;
  }
};

struct Untidy final : Honest {
  using Honest::Honest;
  std::vector<Member> members() const override { return {members_.rbegin(), members_.rend()}; }
};

struct Eager final : Honest {
  using Honest::Honest;
  Status start(const std::string& self, std::vector<Member> configured, Links& links, OnChange on_change) override {
    on_change();
    return Honest::start(self, std::move(configured), links, std::move(on_change));
  }
};

struct Hermit final : Honest {
  using Honest::Honest;
  std::vector<Member> members() const override {
    std::vector<Member> alone = members_;
    std::erase_if(alone, [&](const Member& member) { return member.id != self_; });
    return alone;
  }
};

struct Amnesiac final : Honest {
  using Honest::Honest;
  std::vector<Member> members() const override {
    std::vector<Member> shown = members_;
    ++asked_;
    for (Member& member : shown) member.incarnation = asked_ % 3;
    return shown;
  }
  mutable std::uint64_t asked_ = 0;
};

struct Fragile final : Honest {
  using Honest::Honest;
  void receive(const std::string&, BytesView message) override {
    if (!message.starts_with("hello")) throw std::runtime_error("not the word that was agreed");
  }
};

struct Talkative final : Honest {
  using Honest::Honest;
  Status start(const std::string& self, std::vector<Member> configured, Links& links, OnChange on_change) override {
    // Later than the other laws look, and nobody cancels it.
    host_.after(std::chrono::seconds(45), [on_change] { on_change(); });
    return Honest::start(self, std::move(configured), links, on_change);
  }
};

struct StopsOnce final : Honest {
  using Honest::Honest;
  void stop() override {
    if (std::exchange(stopped_, true)) throw std::logic_error("stopped for a second time");
  }
  bool stopped_ = false;
};

template <typename Liar>
std::vector<std::string> broken() {
  MembershipUnderTest membership{.make = [](Host& host) { return std::make_unique<Liar>(host); }};
  std::vector<std::string> names;
  for (const MembershipLaw& law : membership_laws()) {
    if (!law.violations(membership).empty()) names.emplace_back(law.name);
  }
  return names;
}

using Names = std::vector<std::string>;

TEST(MembershipLiars, AnHonestOneBreaksNoLaw) { EXPECT_EQ(broken<Honest>(), Names{}); }
TEST(MembershipLiars, OneThatForgetsItself) { EXPECT_EQ(broken<Forgetful>(), Names{"ListsItself"}); }
TEST(MembershipLiars, OneThatListsInAnyOrder) { EXPECT_EQ(broken<Untidy>(), Names{"ListsInOrder"}); }
TEST(MembershipLiars, OneThatCallsBackTooEarly) { EXPECT_EQ(broken<Eager>(), Names{"CallsBackOutsideStart"}); }
TEST(MembershipLiars, OneThatKnowsNobody) { EXPECT_EQ(broken<Hermit>(), Names{"ConvergesOverALossyLink"}); }
TEST(MembershipLiars, OneWhoseIncarnationsGoBack) { EXPECT_EQ(broken<Amnesiac>(), Names{"IncarnationsNeverGoBack"}); }
TEST(MembershipLiars, OneThatFallsOverABadMessage) { EXPECT_EQ(broken<Fragile>(), Names{"BearsAnyMessage"}); }
TEST(MembershipLiars, OneThatCallsBackTooLate) { EXPECT_EQ(broken<Talkative>(), Names{"IsSilentAfterStop"}); }
TEST(MembershipLiars, OneThatStopsOnlyOnce) { EXPECT_EQ(broken<StopsOnce>(), Names{"IsSilentAfterStop"}); }

}  // namespace
}  // namespace stator::testing
