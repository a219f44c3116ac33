#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/cluster/await.h"

namespace stator::cluster {

/// Sets under a few keys that clients share, as a value of elements with commas between them. Each client adds elements
/// of its own: it reads a set with all its siblings, and writes their union and its element back with the context of
/// what it read. So whatever happens, an element whose write was acknowledged is in the set for good. [serial]
class SetLoad {
 public:
  struct Plan {
    std::vector<std::uint16_t> ports;  ///< of the nodes' HTTP; each client goes round all
    std::uint64_t seed = 0;
    std::size_t clients = 6;
    std::size_t keys = 12;
    bool forgets_contexts = false;  ///< a liar: replaces what it has not read
  };
  explicit SetLoad(Plan plan);
  ~SetLoad() { stop(); }
  SetLoad(const SetLoad&) = delete;
  SetLoad& operator=(const SetLoad&) = delete;

  /// Waits until that many more elements have been acknowledged; false if that does not happen in time.
  bool await_progress(std::size_t elements, std::chrono::nanoseconds patience = kPatience) const;
  void stop();

  std::size_t acknowledged() const { return acknowledged_; }
  std::vector<std::string> keys() const;
  /// Of the acknowledged elements of a key, those that none of these values has.
  std::vector<std::string> lost(const std::string& key, const std::set<std::string>& values) const;
  /// Those that are there and that no client tried to add.
  std::vector<std::string> invented(const std::string& key, const std::set<std::string>& values) const;

  static std::set<std::string> elements(const std::set<std::string>& values);

 private:
  class Client;
  using Elements = std::map<std::string, bool>;  ///< whether it was acknowledged

  const Plan plan_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> acknowledged_{0};
  mutable std::mutex mutex_;
  std::map<std::string, Elements> sets_;
  std::vector<std::thread> threads_;
};

}  // namespace stator::cluster
