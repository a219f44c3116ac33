#include "crash_outcomes.h"

#include <algorithm>
#include <random>
#include <utility>

namespace stator::testing {
namespace {

using Choice = std::function<bool(std::uint64_t)>;

struct NamedChoice {
  std::string name;
  Choice keeps;
};

Choice first(std::uint64_t count) {
  return [count](std::uint64_t unit) { return unit < count; };
}

Choice subset(std::uint64_t bits) {
  return [bits](std::uint64_t unit) { return (bits >> (unit % 64) & 1) != 0; };
}

CrashOutcome outcome(const NamedChoice& names, const NamedChoice& blocks, std::uint64_t block) {
  const std::string name = "names: " + names.name + ", blocks of " + std::to_string(block) + ": " + blocks.name;
  return {name, [names = names.keeps, data = blocks.keeps, block](ModelledDisk& disk) {
            disk.crash({.block = block, .name = names, .data = data});
          }};
}

/// Nothing, everything, the beginnings, the ends, and subsets without end.
class Choices {
 public:
  Choices(std::uint64_t units, std::mt19937_64& random) : units_(units), random_(random) {}
  std::uint64_t units() const { return units_; }

  NamedChoice next() {
    const std::uint64_t nth = asked_++;
    if (nth == 0) return {"none", first(0)};
    if (nth == 1) return {"all", first(units_)};
    const std::uint64_t cut = 1 + (nth - 2) / 2;
    if (cut < units_ && nth % 2 == 0) return {"the first " + std::to_string(cut), first(cut)};
    if (cut < units_) {
      return {"all but the first " + std::to_string(cut), [cut](std::uint64_t unit) { return unit >= cut; }};
    }
    const std::uint64_t bits = random_();
    return {"subset " + std::to_string(bits), subset(bits)};
  }

 private:
  std::uint64_t units_;
  std::mt19937_64& random_;
  std::uint64_t asked_ = 0;
};

std::vector<CrashOutcome> every_outcome(const ModelledDisk::Unsynced& units) {
  std::vector<CrashOutcome> outcomes;
  for (std::uint64_t bits = 0; bits < 1ULL << (units.names + units.blocks); ++bits) {
    const std::uint64_t data = bits >> units.names;
    outcomes.push_back(outcome({"subset " + std::to_string(bits), subset(bits)},
                               {"subset " + std::to_string(data), subset(data)}, 512));
  }
  return outcomes;
}

}  // namespace

std::vector<CrashOutcome> crash_outcomes(const ModelledDisk& disk, std::size_t limit, std::uint64_t seed) {
  const ModelledDisk::Unsynced small = disk.unsynced(512);
  const std::uint64_t units = small.names + small.blocks;
  if (units < 20 && 1ULL << units <= limit) return every_outcome(small);
  std::mt19937_64 random(seed);
  Choices names(small.names, random);
  Choices sectors(small.blocks, random);
  Choices pages(disk.unsynced(4096).blocks, random);
  std::vector<CrashOutcome> outcomes;
  while (outcomes.size() < limit) {
    const NamedChoice with = names.next();
    outcomes.push_back(outcome(with, sectors.next(), 512));
    if (pages.units() > 1) outcomes.push_back(outcome(with, pages.next(), 4096));
    if (small.names > 0) outcomes.push_back(outcome(names.next(), {"all", first(small.blocks)}, 512));
    const std::uint64_t chance = random();
    outcomes.push_back({"at random, seed " + std::to_string(chance), [chance](ModelledDisk& d) { d.crash(chance); }});
  }
  outcomes.resize(limit);
  return outcomes;
}

}  // namespace stator::testing
