#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace stator::cluster {

/// What clients tried to write and what was acknowledged to them; and, once it is known what is still there, which
/// acknowledged writes are lost. Every write has a value of its own, which names it. [any-thread]
///
/// A write is accounted for when its value is there, or when a write that had observed it is: one that was given a
/// context in which the value had been read. That one may itself have been replaced in the same way, and need not have
/// been acknowledged: it may have taken effect all the same.
class Ledger {
 public:
  /// Before the write is sent. `observed`: all values that the read shown to its client, and that gave it its context.
  void attempt(const std::string& key, const std::string& value, std::vector<std::string> observed);
  /// When the client was told that it took effect.
  void acknowledge(const std::string& key, const std::string& value);
  /// What is acknowledged from now on does not count.
  void close();

  std::size_t acknowledged() const { return acknowledged_; }
  std::vector<std::string> keys() const;
  /// The acknowledged values of a key that neither are among those found nor were replaced by a write that had seen
  /// them.
  std::vector<std::string> lost(const std::string& key, const std::set<std::string>& found) const;
  /// Those found that nobody ever tried to write.
  std::vector<std::string> invented(const std::string& key, const std::set<std::string>& found) const;

 private:
  struct Attempt {
    std::vector<std::string> observed;
    bool acknowledged = false;
  };
  using Attempts = std::map<std::string, Attempt>;  ///< by value

  mutable std::mutex mutex_;
  bool closed_ = false;
  std::map<std::string, Attempts> keys_;
  std::atomic<std::size_t> acknowledged_{0};
};

}  // namespace stator::cluster
