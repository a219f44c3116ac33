#include "tests/cluster/troubles.h"

#include <utility>

namespace stator::cluster {

using std::chrono::milliseconds;

const std::vector<std::pair<std::string, Troubles::Make>>& Troubles::table() {
  static const std::vector<std::pair<std::string, Make>> all = {
      {"cut one way", &Troubles::cut_one_way},
      {"cut both ways", &Troubles::cut_both_ways},
      {"isolate", &Troubles::isolate},
      {"bridge", &Troubles::bridge},
      {"slow", &Troubles::slow},
      {"lossy", &Troubles::lossy},
      {"drop", &Troubles::drop},
      {"heal", &Troubles::heal},
      {"kill", &Troubles::kill},
      {"freeze", &Troubles::freeze},
  };
  return all;
}

const std::vector<std::string>& Troubles::kinds() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> names;
    for (const auto& [name, make] : table()) names.push_back(name);
    return names;
  }();
  return all;
}

std::string Troubles::next() {
  // Each kind once before any comes again, so that a short run has met them all.
  int least = counts_.size() < table().size() ? 0 : counts_.begin()->second;
  for (const auto& [name, count] : counts_) least = std::min(least, count);
  while (true) {
    const auto& [name, make] = table()[std::uniform_int_distribution<std::size_t>(0, table().size() - 1)(random_)];
    if (counts_[name] > least) continue;
    ++counts_[name];
    (this->*make)();
    return name;
  }
}

testing::AssertionResult Troubles::end() {
  linked_.links().heal();
  thaw();
  restart();
  return linked_.cluster().start_all();
}

std::size_t Troubles::some_node() { return std::uniform_int_distribution<std::size_t>(0, linked_.size() - 1)(random_); }

std::pair<std::size_t, std::size_t> Troubles::some_link() {
  const std::size_t from = some_node();
  const std::size_t further = std::uniform_int_distribution<std::size_t>(1, linked_.size() - 1)(random_);
  return {from, (from + further) % linked_.size()};
}

void Troubles::cut_one_way() {
  const auto [from, to] = some_link();
  linked_.links().cut(from, to);
}

void Troubles::cut_both_ways() {
  const auto [one, other] = some_link();
  linked_.links().cut(one, other);
  linked_.links().cut(other, one);
}

void Troubles::isolate() { linked_.links().isolate(some_node()); }

// Two groups, and one node that both can reach.
void Troubles::bridge() {
  const std::size_t bridge = some_node();
  for (std::size_t one = 0; one < linked_.size(); ++one) {
    for (std::size_t other = 0; other < linked_.size(); ++other) {
      if (one != bridge && other != bridge && one % 2 != other % 2) linked_.links().cut(one, other);
    }
  }
}

void Troubles::slow() {
  const auto [from, to] = some_link();
  linked_.links().set(from, to, {.delay = milliseconds(50), .jitter = milliseconds(100)});
}

void Troubles::lossy() {
  const auto [from, to] = some_link();
  linked_.links().set(from, to, {.loss = 0.1});
}

void Troubles::drop() {
  const auto [from, to] = some_link();
  linked_.links().drop(from, to);
}

void Troubles::heal() {
  linked_.links().heal();
  thaw();
  restart();
}

void Troubles::kill() {
  restart();
  dead_ = some_node();
  if (frozen_ == dead_) frozen_.reset();
  linked_.cluster().process(*dead_).kill_now();
}

void Troubles::freeze() {
  thaw();
  frozen_ = some_node();
  if (frozen_ == dead_) return frozen_.reset();
  linked_.cluster().process(*frozen_).freeze();
}

void Troubles::restart() {
  if (!dead_) return;
  linked_.cluster().process(*std::exchange(dead_, {})).start();
}

void Troubles::thaw() {
  if (!frozen_) return;
  linked_.cluster().process(*std::exchange(frozen_, {})).thaw();
}

}  // namespace stator::cluster
