#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "kernel/node/hello.h"
#include "stator/status.h"

namespace stator {

/// A setting that another node has otherwise, as people are shown it. Empty: it is not there.
struct Difference {
  std::string setting;
  std::string here;
  std::string there;
  bool operator==(const Difference&) const = default;
};

/// Which nodes have other settings of which keyspaces than this one. Two such nodes refuse each other the keyspace,
/// since they would treat its records by different rules; and the odd one out, which more than half of the members
/// contradict, refuses it to its clients as well. Also which nodes understand what older ones do not. [any-thread]
class Agreements {
 public:
  /// Keyspace → what this node has.
  explicit Agreements(std::map<std::string, KeyspaceSettings> own);

  const std::map<std::string, KeyspaceSettings>& own() const { return own_; }
  /// Keyspace → a hash of its settings.
  std::map<std::string, std::uint64_t> fingerprints() const;
  /// Compares with a node that was met, and forgets what was known of it. A line for each keyspace that differs.
  std::vector<std::string> meet(const Hello& theirs);
  /// Whether that node was met with other settings of the keyspace.
  bool differs(const std::string& node, const std::string& keyspace) const;
  /// By node, in what it differs.
  std::map<std::string, std::vector<Difference>> differences(const std::string& keyspace) const;
  /// Whether that node was met, and takes deltas.
  bool takes_deltas(const std::string& node) const;
  /// unavailable, with the difference, if the keyspace is refused here. `count` says how many members there are.
  template <typename Count>
  Status may_serve(const std::string& keyspace, Count count) const {
    return any_ ? verdict(keyspace, count()) : Status();
  }

 private:
  using ByNode = std::map<std::string, std::vector<Difference>>;

  Status verdict(const std::string& keyspace, std::size_t members) const;

  const std::map<std::string, KeyspaceSettings> own_;
  mutable std::mutex mutex_;
  std::map<std::string, ByNode> differing_;  // by keyspace; only nodes that differ
  std::set<std::string, std::less<>> taking_deltas_;
  std::atomic<bool> any_{false};  // spares the data path the lock
};

/// "siblings: keep here, collapse there; …"
std::string describe(const std::vector<Difference>& differences);

}  // namespace stator
