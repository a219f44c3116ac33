#include "tests/cluster/ledger.h"

#include <utility>

namespace stator::cluster {
namespace {

/// Everything that can be reached from `found` through what each had observed.
template <typename Attempts>
std::set<std::string> accounted_for(const Attempts& attempts, const std::set<std::string>& found) {
  std::set<std::string> reached;
  std::vector<std::string> open(found.begin(), found.end());
  while (!open.empty()) {
    const std::string value = std::move(open.back());
    open.pop_back();
    const auto attempt = attempts.find(value);
    if (!reached.insert(value).second || attempt == attempts.end()) continue;
    open.insert(open.end(), attempt->second.observed.begin(), attempt->second.observed.end());
  }
  return reached;
}

}  // namespace

void Ledger::attempt(const std::string& key, const std::string& value, std::vector<std::string> observed) {
  std::lock_guard lock(mutex_);
  keys_[key][value].observed = std::move(observed);
}

void Ledger::acknowledge(const std::string& key, const std::string& value) {
  std::lock_guard lock(mutex_);
  if (closed_) return;
  keys_[key][value].acknowledged = true;
  ++acknowledged_;
}

void Ledger::close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
}

std::vector<std::string> Ledger::keys() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> keys;
  for (const auto& [key, attempts] : keys_) keys.push_back(key);
  return keys;
}

std::vector<std::string> Ledger::lost(const std::string& key, const std::set<std::string>& found) const {
  std::lock_guard lock(mutex_);
  const Attempts& attempts = keys_.at(key);
  const std::set<std::string> reached = accounted_for(attempts, found);
  std::vector<std::string> lost;
  for (const auto& [value, attempt] : attempts) {
    if (attempt.acknowledged && !reached.contains(value)) lost.push_back(value);
  }
  return lost;
}

std::vector<std::string> Ledger::invented(const std::string& key, const std::set<std::string>& found) const {
  std::lock_guard lock(mutex_);
  const Attempts& attempts = keys_.at(key);
  std::vector<std::string> invented;
  for (const std::string& value : found) {
    if (!attempts.contains(value)) invented.push_back(value);
  }
  return invented;
}

}  // namespace stator::cluster
