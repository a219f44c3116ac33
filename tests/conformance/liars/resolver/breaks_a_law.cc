// Breaks one law of resolvers, the one that its option names, and keeps the others; without one it keeps them all.
#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <thread>

#include "stator/plugin.h"
#include "stator/resolver.h"

namespace {

using namespace stator;
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
  Resolution resolve(BytesView, Siblings siblings) const override {
    Resolution resolution = winner(siblings, greatest(siblings));
    resolution.resolved_by = std::to_string(nth);
    return resolution;
  }
  static std::atomic<int> births;
  const int nth = ++births;
};
std::atomic<int> SignsWithItsBirth::births = 0;

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
std::unique_ptr<Resolver> make() {
  return std::make_unique<Liar>();
}

struct BreaksALaw : Resolver {
  static std::unique_ptr<Resolver> create(Host&, const Config& config, Status& why) {
    static const std::map<std::string, std::unique_ptr<Resolver> (*)()> kLiars = {
        {"none", make<Honest>},
        {"ThrowsNothing", make<Thrower>},
        {"IgnoresOrder", make<FirstComeFirstServed>},
        {"IsDeterministic", make<SignsWithItsBirth>},
        {"BearsParallelCalls", make<OneAtATime>},
        {"WinnerIsASibling", make<OneTooFar>},
        {"WinnerIsASibling, or there is none", make<MergesThoughTotal>},
        {"WinnerOfWinnersIsTheWinner", make<Median>},
    };
    const auto liar = kLiars.find(config.text("law"));
    if (liar != kLiars.end()) return liar->second();
    why = Status(Code::invalid_argument, "no liar for the law " + config.text("law"));
    return nullptr;
  }
};

constexpr stator_option kOptions[] = {{"law", "string", "none", "the law that it breaks"}, {}};

}  // namespace

STATOR_PLUGIN(stator::Resolver, BreaksALaw, .name = "breaks_a_law", .version = "1.0.0", .capabilities = "total-order",
              .options = kOptions);
