#include "kernel/node/keyspace_settings.h"

#include <cstdio>

#include "kernel/ring/token.h"

namespace stator {
namespace {

/// A value as text; two texts are equal only if the values are.
struct Shown {
  std::string operator()(const std::string& text) const { return text; }
  std::string operator()(std::int64_t number) const { return std::to_string(number); }
  std::string operator()(bool flag) const { return flag ? "true" : "false"; }
  std::string operator()(Duration duration) const { return std::to_string(duration.count()) + "ns"; }
  std::string operator()(const std::vector<std::string>& texts) const {
    std::string all;
    for (const std::string& text : texts) all += std::to_string(text.size()) + ":" + text;
    return all;
  }
  std::string operator()(const ConfigFile& file) const {
    char hash[17];
    std::snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(key_token("file", file.text)));
    return std::string("a text of hash ") + hash;
  }
};

}  // namespace

KeyspaceRules rules_of(const KeyspaceOptions& keyspace) {
  KeyspaceRules rules;
  rules.name = keyspace.name;
  rules.n = keyspace.quorum.n;
  rules.r = keyspace.quorum.r;
  rules.w = keyspace.quorum.w;
  rules.min_r = keyspace.quorum.min_r;
  rules.min_w = keyspace.quorum.min_w;
  rules.max_siblings = static_cast<std::size_t>(keyspace.limits.max_siblings);
  rules.max_value_bytes = keyspace.limits.max_value_bytes;
  const auto millis = [](Duration span) { return std::chrono::duration_cast<std::chrono::milliseconds>(span); };
  rules.timeout = millis(keyspace.limits.timeout);
  rules.sloppy = keyspace.healing.sloppy;
  rules.hint_window = millis(keyspace.healing.hint_window);
  rules.hint_bytes = keyspace.healing.hint_bytes;
  rules.tombstone_grace = millis(keyspace.healing.tombstone_grace);
  rules.collapse = keyspace.siblings == Siblings::collapse;
  return rules;
}

KeyspaceSettings settings_of(const KeyspaceOptions& keyspace, const ReadyInstance& resolver) {
  const QuorumOptions& quorum = keyspace.quorum;
  KeyspaceSettings settings = {{"resolver", resolver.plugin->label()},
                               {"siblings", keyspace.siblings == Siblings::collapse ? "collapse" : "keep"},
                               {"n", std::to_string(quorum.n)},
                               {"r", std::to_string(quorum.r)},
                               {"w", std::to_string(quorum.w)},
                               {"min_r", std::to_string(quorum.min_r)},
                               {"min_w", std::to_string(quorum.min_w)},
                               {"max_siblings", std::to_string(keyspace.limits.max_siblings)},
                               {"sloppy", keyspace.healing.sloppy ? "true" : "false"}};
  for (const auto& [option, value] : resolver.options.values())
    settings["resolver." + option] = std::visit(Shown(), value);
  return settings;
}

}  // namespace stator
