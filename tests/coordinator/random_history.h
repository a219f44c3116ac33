#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/causality/history_oracle.h"
#include "tests/simulation/cluster.h"

namespace stator::simulation {

struct HistoryOptions {
  std::uint64_t seed = 1;
  std::size_t nodes = 3;
  std::size_t clients = 4;
  std::size_t requests = 25;  ///< of each client
  std::size_t keys = 2;
  std::size_t faults = 12;  ///< power cuts, cuts of links, pauses, restarts
  bool sloppy = true;
  NodeSetup setup;
  SimNetwork::Tamper tamper;
  /// Tombstones are collected: after two seconds, and everything takes longer, so that much is under way meanwhile.
  bool collects = false;
  bool put_answers_cover_everything = false;  ///< the liar: also siblings that the writer has not seen
  std::function<std::unique_ptr<Disk>()> make_disk = make_map_disk;
};

/// Random clients against a cluster whose links lose, repeat and reorder, and whose machines lose power. Then
/// everything heals, all is read until nothing changes, and an oracle that never looked at a context judges what is
/// left. [one thread]
class RandomHistory {
 public:
  explicit RandomHistory(HistoryOptions options);

  /// What was violated, or nothing.
  std::optional<std::string> run();
  /// Everything that happened, a line each: equal for equal seeds.
  const std::string& trace() const { return cluster_.traced(); }
  std::size_t acknowledged() const { return acknowledged_; }
  /// Tombstones that were collected by the nodes as they are in the end.
  std::size_t collected();

 private:
  struct Client {
    std::size_t left = 0;
    Bytes key;
    std::string token;  ///< of what it has seen of `key`
    model::Observed observed;
  };

  void next_request(std::size_t client);
  void read(std::size_t client);
  void write(std::size_t client);
  void finished_read(std::size_t client, Outcome<GetResult> outcome);
  void finished_write(std::size_t client, model::WriteId id, Outcome<PutResult> outcome);
  void next_fault();
  void one_fault(std::size_t node);
  void isolate_primaries();
  void restart_later(std::size_t node);
  void cut_everybodys_power();
  void fault_of_time(SimNode& victim);
  Duration longest_outage() const { return std::chrono::milliseconds(options_.collects ? 4'000 : 200); }
  void watch(const Frame& request);
  void heal();
  std::size_t hints();
  void judge(const Bytes& key);
  Bytes key(std::size_t number) const { return "key-" + std::to_string(number); }
  std::size_t pick(std::size_t below) { return cluster_.scheduler().below(below); }

  HistoryOptions options_;
  Cluster cluster_;
  std::vector<Client> clients_;
  std::size_t faults_left_;
  std::size_t acknowledged_ = 0;
  std::map<Bytes, model::Oracle> oracles_;  // by key
  std::map<std::pair<Bytes, Dot>, OpId> signed_;
};

}  // namespace stator::simulation
