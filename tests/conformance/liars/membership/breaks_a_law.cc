// Breaks one law of memberships, the one that its option names, and keeps the others; without one it keeps them all.
#include <algorithm>
#include <map>
#include <memory>
#include <stdexcept>
#include <utility>

#include "stator/membership.h"
#include "stator/plugin.h"

namespace {

using namespace stator;

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
std::unique_ptr<Membership> make(Host& host) {
  return std::make_unique<Liar>(host);
}

struct BreaksALaw : Membership {
  static std::unique_ptr<Membership> create(Host& host, const Config& config, Status& why) {
    static const std::map<std::string, std::unique_ptr<Membership> (*)(Host&)> kLiars = {
        {"none", make<Honest>},
        {"ListsItself", make<Forgetful>},
        {"ListsInOrder", make<Untidy>},
        {"CallsBackOutsideStart", make<Eager>},
        {"ConvergesOverALossyLink", make<Hermit>},
        {"IncarnationsNeverGoBack", make<Amnesiac>},
        {"BearsAnyMessage", make<Fragile>},
        {"IsSilentAfterStop", make<Talkative>},
        {"IsSilentAfterStop, the second", make<StopsOnce>},
    };
    const auto liar = kLiars.find(config.text("law"));
    if (liar != kLiars.end()) return liar->second(host);
    why = Status(Code::invalid_argument, "no liar for the law " + config.text("law"));
    return nullptr;
  }
};

constexpr stator_option kOptions[] = {{"law", "string", "none", "the law that it breaks"}, {}};

}  // namespace

STATOR_PLUGIN(stator::Membership, BreaksALaw, .name = "breaks_a_law", .version = "1.0.0", .options = kOptions);
