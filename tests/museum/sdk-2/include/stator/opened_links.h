#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace stator {

/// How many links to each address have been opened, by whichever loop of a carrier. A loop that leaves a peer alone
/// after a failed attempt asks it whether another loop has reached that peer since: then it may dial at once.
/// Never shrinks: the cluster's configuration bounds the addresses. [any-thread]
class OpenedLinks {
 public:
  void add(const std::string& address) {
    const std::lock_guard lock(mutex_);
    ++counts_[address];
  }
  std::uint64_t count(const std::string& address) const {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(address);
    return found == counts_.end() ? 0 : found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t> counts_;
};

}  // namespace stator
