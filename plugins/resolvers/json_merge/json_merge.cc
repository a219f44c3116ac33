#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include <nlohmann/json.hpp>

#include "stator/plugin.h"
#include "stator/resolver.h"

namespace stator {
namespace {

using Json = nlohmann::json;

/// Deeper ones are taken for no JSON: what follows goes as deep as they do.
constexpr int kDeepest = 100;

std::optional<Json> parse_object(const Bytes& text) {
  bool too_deep = false;
  const auto watch = [&](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > kDeepest;
    return !too_deep;
  };
  Json parsed = Json::parse(text, watch, false);
  if (too_deep || !parsed.is_object()) return std::nullopt;
  return parsed;
}

/// The values of one field, oldest first; at least one. The newest decides what the field is, and if that is an object,
/// every object among them has its part in it.
Json merge(const std::vector<const Json*>& values) {
  if (!values.back()->is_object()) return *values.back();
  std::map<std::string, std::vector<const Json*>> fields;
  for (const Json* value : values) {
    if (!value->is_object()) continue;
    for (const auto& [name, field] : value->items()) fields[name].push_back(&field);
  }
  Json merged = Json::object();
  for (const auto& [name, of_field] : fields) merged[name] = merge(of_field);
  return merged;
}

/// Merges concurrent JSON objects field by field.
class JsonMerge final : public Resolver {
 public:
  Resolution resolve(BytesView /*key*/, std::span<const Version> siblings) const override {
    std::vector<const Version*> living;
    for (const Version& version : siblings) {
      if (!version.tombstone) living.push_back(&version);
    }
    if (living.empty()) {
      for (const Version& version : siblings) living.push_back(&version);
    }
    std::sort(living.begin(), living.end(), [](const Version* a, const Version* b) {
      return std::tie(a->stamp, a->dot) < std::tie(b->stamp, b->dot);
    });
    return resolution_of(living, siblings);
  }

 private:
  static Resolution resolution_of(const std::vector<const Version*>& oldest_first, std::span<const Version> siblings) {
    const Version& newest = *oldest_first.back();
    Resolution resolution;
    resolution.resolved_by = "json_merge";
    if (std::optional<Bytes> merged = merged_text(oldest_first)) {
      resolution.value = std::move(*merged);
      resolution.content_type = newest.content_type;
      return resolution;
    }
    resolution.winner = static_cast<std::size_t>(&newest - siblings.data());
    resolution.tombstone = newest.tombstone;
    return resolution;
  }

  /// Nothing unless all are objects, and others add something to the newest.
  static std::optional<Bytes> merged_text(const std::vector<const Version*>& oldest_first) {
    std::vector<Json> objects;
    for (const Version* version : oldest_first) {
      std::optional<Json> object = parse_object(version->value);
      if (!object) return std::nullopt;
      objects.push_back(std::move(*object));
    }
    std::vector<const Json*> all;
    for (const Json& object : objects) all.push_back(&object);
    const Json merged = merge(all);
    return merged == objects.back() ? std::nullopt : std::optional<Bytes>(merged.dump());
  }
};

}  // namespace
}  // namespace stator

STATOR_PLUGIN(stator::Resolver, stator::JsonMerge, .name = "json_merge", .version = "1.0.0",
              .capabilities = "deterministic");
