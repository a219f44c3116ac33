#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/coordinator/datatype_oracle.h"
#include "tests/simulation/cluster.h"

namespace stator::simulation {

/// Random clients of sets and counters against a cluster whose links lose and repeat, and whose machines lose power;
/// the data types are their plugins. Then everything heals, and oracles that know no dots judge what is left. [one
/// thread]
class DataTypeHistory {
 public:
  struct Options {
    std::uint64_t seed = 1;
    std::size_t nodes = 4;
    std::size_t clients = 4;
    std::size_t requests = 30;  ///< of each client
    std::size_t faults = 12;
  };
  explicit DataTypeHistory(const Options& options);

  /// What was violated, or nothing.
  std::optional<std::string> run();
  /// Operations that were acknowledged.
  std::size_t acknowledged() const { return acknowledged_; }
  /// And those that failed because what their client had seen was nowhere to be found.
  std::size_t unseen() const { return unseen_; }
  /// How often a replica lacked the base of a delta. Nodes that died take their counts with them.
  std::uint64_t lacking_base();

 private:
  using Elements = SetOracle::Elements;
  struct Client {
    std::size_t left = 0;
    Bytes key;
    std::string token;  ///< of what it was shown of `key`
    Elements shown;
  };

  struct Count {
    Bytes key;
    std::int64_t by = 0;
    OpId op{};
    std::size_t retries = 0;
  };

  void next_request(std::size_t client);
  void finish(std::size_t client);
  void read(std::size_t client);
  void add(std::size_t client);
  void remove(std::size_t client);
  void doubt_all(const Bytes& key);
  void count(std::size_t client, Count count);
  PutRequest operation(const char* keyspace, const Bytes& key, const std::string& call) const;
  void note(const Outcome<PutResult>& outcome);
  void next_fault();
  void one_fault(std::size_t node);
  void restart_later(std::size_t node);
  void heal();
  std::size_t hints();
  void judge(const std::string& keyspace, const Bytes& key);
  void violated(const std::string& what);
  std::size_t pick(std::size_t below) { return cluster_.scheduler().below(below); }
  OpId next_op() {
    ++ops_;
    return {static_cast<std::uint8_t>(ops_ >> 8), static_cast<std::uint8_t>(ops_)};
  }
  Bytes any_key() { return "k" + std::to_string(pick(2)); }

  const Options options_;
  Cluster cluster_;
  std::vector<Client> clients_;
  std::size_t faults_left_;
  std::size_t acknowledged_ = 0;
  std::size_t unseen_ = 0;
  unsigned ops_ = 0;
  std::map<Bytes, SetOracle> sets_;  // by key
  std::map<Bytes, CounterOracle> counters_;
  std::optional<std::string> violation_;
};

}  // namespace stator::simulation
