#include "kernel/node/agreements.h"

#include <algorithm>
#include <set>
#include <utility>

#include "kernel/ring/token.h"

namespace stator {
namespace {

std::uint64_t fingerprint(const KeyspaceSettings& settings) {
  Bytes text;
  for (const auto& [setting, value] : settings) text += setting + "=" + value + "\n";
  return key_token("agreement", text);
}

std::string value_in(const KeyspaceSettings& settings, const std::string& setting) {
  const auto found = settings.find(setting);
  return found == settings.end() ? std::string() : found->second;
}

std::vector<Difference> compare(const KeyspaceSettings& here, const KeyspaceSettings& there) {
  std::set<std::string> names;
  for (const auto& [setting, value] : here) names.insert(setting);
  for (const auto& [setting, value] : there) names.insert(setting);
  std::vector<Difference> found;
  for (const std::string& name : names) {
    Difference difference{name, value_in(here, name), value_in(there, name)};
    if (difference.here != difference.there) found.push_back(std::move(difference));
  }
  return found;
}

std::string shown(const std::string& value) { return value.empty() ? "not set" : value; }

}  // namespace

std::string describe(const std::vector<Difference>& differences) {
  std::string text;
  for (const Difference& difference : differences) {
    text += (text.empty() ? "" : "; ") + difference.setting + ": " + shown(difference.here) + " here, " +
            shown(difference.there) + " there";
  }
  return text;
}

Agreements::Agreements(std::map<std::string, KeyspaceSettings> own) : own_(std::move(own)) {}

std::map<std::string, std::uint64_t> Agreements::fingerprints() const {
  std::map<std::string, std::uint64_t> all;
  for (const auto& [keyspace, settings] : own_) all[keyspace] = fingerprint(settings);
  return all;
}

std::vector<std::string> Agreements::meet(const Hello& theirs) {
  std::vector<std::string> lines;
  const std::lock_guard lock(mutex_);
  taking_deltas_.erase(theirs.node);
  if (theirs.deltas) taking_deltas_.insert(theirs.node);
  for (const auto& [keyspace, here] : own_) {
    differing_[keyspace].erase(theirs.node);
    const auto there = theirs.keyspaces.find(keyspace);
    if (there == theirs.keyspaces.end() || there->second == fingerprint(here)) continue;
    const auto settings = theirs.settings.find(keyspace);
    std::vector<Difference> found =
        compare(here, settings == theirs.settings.end() ? KeyspaceSettings() : settings->second);
    lines.push_back("keyspace " + keyspace + " has other settings or plugins on " + theirs.node + " than here (" +
                    describe(found) + "): refused between the two");
    differing_[keyspace][theirs.node] = std::move(found);
  }
  any_ = std::any_of(differing_.begin(), differing_.end(), [](const auto& entry) { return !entry.second.empty(); });
  return lines;
}

bool Agreements::differs(const std::string& node, const std::string& keyspace) const {
  return any_ && differences(keyspace).contains(node);
}

bool Agreements::takes_deltas(const std::string& node) const {
  const std::lock_guard lock(mutex_);
  return taking_deltas_.contains(node);
}

std::map<std::string, std::vector<Difference>> Agreements::differences(const std::string& keyspace) const {
  if (!any_) return {};
  const std::lock_guard lock(mutex_);
  const auto found = differing_.find(keyspace);
  return found == differing_.end() ? ByNode() : found->second;
}

Status Agreements::verdict(const std::string& keyspace, std::size_t members) const {
  const ByNode differing = differences(keyspace);
  if (2 * differing.size() <= members) return {};
  const auto& [node, found] = *differing.begin();
  return {Code::unavailable, "keyspace " + keyspace + " is refused here: " + std::to_string(differing.size()) + " of " +
                                 std::to_string(members) + " nodes have other settings of it, such as " + node + " (" +
                                 describe(found) + ")"};
}

}  // namespace stator
