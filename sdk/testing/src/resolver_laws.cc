#include "stator/testing/resolver_laws.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <random>
#include <thread>
#include <utility>

namespace stator::testing {
namespace {

using Siblings = std::vector<Version>;
using Violations = std::vector<std::string>;
constexpr std::size_t kMostViolations = 5;
constexpr BytesView kKey = "key";

/// Sets of one to eight versions. Few nodes, stamps and values, so that ties and repeats are the rule; no dot twice.
class SiblingSets {
 public:
  explicit SiblingSets(std::uint64_t seed) : random_(seed) {}
  Siblings next() {
    Siblings siblings;
    std::size_t count = 1 + below(8);
    for (std::uint64_t counter = 1; siblings.size() < count; ++counter) siblings.push_back(version(counter));
    std::shuffle(siblings.begin(), siblings.end(), random_);
    return siblings;
  }
  void shuffle(Siblings& siblings) { std::shuffle(siblings.begin(), siblings.end(), random_); }
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }

 private:
  Version version(std::uint64_t counter) {
    static constexpr const char* kNodes[] = {"node-a", "node-b", "node-c"};
    static constexpr const char* kTypes[] = {"", "text/plain", "application/json"};
    Version made;
    made.dot = {{kNodes[below(3)], Stamp{1 + below(2)}}, counter};
    made.stamp = Stamp{100 + below(4)};
    made.tombstone = below(4) == 0;
    if (!made.tombstone) made.value = Bytes(below(4), static_cast<char>(below(256)));
    if (!made.tombstone) made.content_type = kTypes[below(3)];
    if (below(8) == 0) made.expires = Stamp{200 + below(4)};
    return made;
  }
  std::mt19937_64 random_;
};

std::string shown(const Version& version) {
  return version.dot.actor.node + "#" + std::to_string(version.dot.actor.epoch.bits) + ":" +
         std::to_string(version.dot.counter) + "@" + std::to_string(version.stamp.bits) +
         (version.tombstone ? "(removed)" : "");
}

std::string shown(const Siblings& siblings) {
  std::string text;
  for (const Version& version : siblings) text += (text.empty() ? "" : " ") + shown(version);
  return "{" + text + "}";
}

/// What a client would be shown: equal answers, equal texts, whatever place the winner has in the list.
std::string answer(const Resolver& resolver, const Siblings& siblings) {
  try {
    Resolution resolution = resolver.resolve(kKey, siblings);
    std::string by = " by \"" + resolution.resolved_by + "\"" + (resolution.tombstone ? " (removed)" : "");
    if (resolution.unresolved) return "nothing" + by;
    if (!resolution.winner) return "\"" + resolution.value + "\" of type \"" + resolution.content_type + "\"" + by;
    if (*resolution.winner >= siblings.size()) return "winner " + std::to_string(*resolution.winner) + by;
    return shown(siblings[*resolution.winner]) + by;
  } catch (const std::exception& fault) {
    return std::string("the exception ") + fault.what();
  } catch (...) {
    return "an exception that is not a std::exception";
  }
}

/// Collects what one check says of each random set, with the seed that gives the set again.
template <typename Check>
Violations for_each_set(const ResolverUnderTest& subject, Check check) {
  Violations violations;
  SiblingSets sets(subject.seed);
  for (int i = 0; i < subject.sets && violations.size() < kMostViolations; ++i) {
    Siblings siblings = sets.next();
    std::string wrong = check(siblings, sets);
    if (wrong.empty()) continue;
    violations.push_back("seed " + std::to_string(subject.seed) + ", set " + std::to_string(i) + " " + shown(siblings) +
                         ": " + wrong);
  }
  return violations;
}

std::string differ(const std::string& what, const std::string& a, const std::string& b) {
  return a == b ? "" : what + ": " + a + ", then " + b;
}

Violations throws_nothing(const ResolverUnderTest& subject) {
  auto resolver = subject.make();
  return for_each_set(subject, [&](const Siblings& siblings, SiblingSets&) -> std::string {
    try {
      resolver->resolve(kKey, siblings);
      return {};
    } catch (...) {
      return answer(*resolver, siblings);
    }
  });
}

Violations ignores_order(const ResolverUnderTest& subject) {
  auto resolver = subject.make();
  return for_each_set(subject, [&](const Siblings& siblings, SiblingSets& sets) {
    Siblings shuffled = siblings;
    sets.shuffle(shuffled);
    return differ("in the order " + shown(shuffled), answer(*resolver, siblings), answer(*resolver, shuffled));
  });
}

Violations is_deterministic(const ResolverUnderTest& subject) {
  auto resolver = subject.make();
  return for_each_set(subject, [&](const Siblings& siblings, SiblingSets&) {
    std::string once = answer(*resolver, siblings);
    std::string again = differ("asked twice", once, answer(*resolver, siblings));
    // A fresh instance knows nothing of the sets before.
    return again.empty() ? differ("asked of a fresh instance", once, answer(*subject.make(), siblings)) : again;
  });
}

Violations bears_parallel_calls(const ResolverUnderTest& subject) {
  constexpr int kThreads = 4;
  auto resolver = subject.make();
  std::vector<std::string> alone;
  for_each_set(subject, [&](const Siblings& siblings, SiblingSets&) {
    alone.push_back(answer(*resolver, siblings));
    return std::string();
  });
  Violations found[kThreads];
  std::vector<std::thread> threads;
  for (Violations& mine : found) {
    threads.emplace_back([&] {
      std::size_t next = 0;
      mine = for_each_set(subject, [&](const Siblings& siblings, SiblingSets&) {
        return differ("alone and among others", alone[next++], answer(*resolver, siblings));
      });
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Violations& violations : found) {
    if (!violations.empty()) return violations;
  }
  return {};
}

Violations winner_is_a_sibling(const ResolverUnderTest& subject) {
  auto resolver = subject.make();
  return for_each_set(subject, [&](const Siblings& siblings, SiblingSets&) -> std::string {
    try {
      Resolution resolution = resolver->resolve(kKey, siblings);
      if (!resolution.winner) return subject.total_order ? "no winner, though it claims a total order" : "";
      if (*resolution.winner >= siblings.size())
        return "winner " + std::to_string(*resolution.winner) + " is none of them";
      bool removed = siblings[*resolution.winner].tombstone;
      return removed == resolution.tombstone ? "" : "`tombstone` is not that of the winner";
    } catch (...) {
      return {};  // that is another law
    }
  });
}

/// The winner's place, or nothing if the resolver did not name one; that is another law.
std::optional<std::size_t> winner(const Resolver& resolver, const Siblings& siblings) {
  try {
    auto place = resolver.resolve(kKey, siblings).winner;
    return place && *place < siblings.size() ? place : std::nullopt;
  } catch (...) {
    return std::nullopt;
  }
}

Violations winner_of_winners_is_the_winner(const ResolverUnderTest& subject) {
  auto resolver = subject.make();
  return for_each_set(subject, [&](const Siblings& siblings, SiblingSets& sets) -> std::string {
    auto overall = winner(*resolver, siblings);
    if (siblings.size() < 2 || !overall) return {};
    std::size_t cut = 1 + sets.below(siblings.size() - 1);
    auto middle = siblings.begin() + static_cast<std::ptrdiff_t>(cut);
    Siblings left(siblings.begin(), middle), right(middle, siblings.end());
    auto of_left = winner(*resolver, left), of_right = winner(*resolver, right);
    if (!of_left || !of_right) return {};
    Siblings finalists{left[*of_left], right[*of_right]};
    auto of_both = winner(*resolver, finalists);
    if (!of_both) return {};
    return differ("of all, then of the winners of " + shown(left) + " and " + shown(right), shown(siblings[*overall]),
                  shown(finalists[*of_both]));
  });
}

constexpr ResolverLaw kLaws[] = {
    {"ThrowsNothing", "resolve throws nothing", false, throws_nothing},
    {"IgnoresOrder", "the order of the siblings does not matter", false, ignores_order},
    {"IsDeterministic", "the same siblings have the same answer", false, is_deterministic},
    {"BearsParallelCalls", "calls at the same time have the answers they have alone", false, bears_parallel_calls},
    {"WinnerIsASibling", "a winner is one of the siblings, and a total order names one", false, winner_is_a_sibling},
    {"WinnerOfWinnersIsTheWinner", "of a total order, the winner of winners is the winner", true,
     winner_of_winners_is_the_winner},
};

}  // namespace

std::span<const ResolverLaw> resolver_laws() { return kLaws; }

}  // namespace stator::testing
