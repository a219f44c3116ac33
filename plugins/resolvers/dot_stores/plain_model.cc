#include "dot_stores/plain_model.h"

#include <map>
#include <set>
#include <tuple>

namespace stator::dot_stores {
namespace {

using Json = PlainModel::Json;
using testing::Events;

/// The operation on what the path leads to; null if the call has none.
const Json& at(const Json& call, const Path& path) {
  static const Json kNone;
  const Json* here = &call;
  for (const std::string& name : path) {
    if (!here->is_object() || here->value("op", "") != "update" || !(*here)["fields"].contains(name)) return kNone;
    here = &(*here)["fields"][name];
  }
  return *here;
}

std::string op(const Json& call) { return call.is_object() ? call.value("op", "") : ""; }

/// Whether the call's members `one` or `many` name it.
bool names(const Json& call, const char* one, const char* many, const std::string& name) {
  if (call.contains(one) && call[one] == name) return true;
  if (!call.contains(many)) return false;
  const Json& list = call[many];
  return list.is_array() && std::find(list.begin(), list.end(), name) != list.end();
}

/// Whether the call removes what the path leads to, or a map around it.
bool removes(const Json& call, const Path& path) {
  for (std::size_t depth = 0; depth < path.size(); ++depth) {
    const Json& around = at(call, Path(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(depth)));
    if (op(around) == "remove" && names(around, "field", "fields", path[depth])) return true;
  }
  return false;
}

/// The value that the call sets the field of an lww_map to; null if it does not.
const Json* set_to(const Json& call, const std::string& name) {
  if (op(call) == "set" && call["field"] == name) return &call["value"];
  if (op(call) == "update" && call["fields"].contains(name)) return &call["fields"][name];
  return nullptr;
}

std::optional<long long> step(const Json& call) {
  if (op(call) == "increment") return call.value("by", 1LL);
  if (op(call) == "decrement") return -call.value("by", 1LL);
  return std::nullopt;
}

Path below(Path path, const std::string& name) {
  path.push_back(name);
  return path;
}

}  // namespace

PlainModel::PlainModel(std::span<const testing::DataTypeEvent> events, const Events& seen)
    : events_(events), seen_(seen) {
  for (const testing::DataTypeEvent& event : events)
    calls_.push_back(event.operation.name.empty() ? Json() : Json::parse(event.operation.arguments));
}

bool PlainModel::is_undone(std::size_t place, const Events& among, const Does& undoes) const {
  for (auto later = among.upper_bound(place); later != among.end(); ++later) {
    const bool does = calls_[*later].is_null() || undoes(calls_[*later]);
    if (does && events_[*later].observed.contains(place)) return true;
  }
  return false;
}

std::vector<std::size_t> PlainModel::standing(const Does& does, const Does& undoes) const {
  std::vector<std::size_t> places;
  for (std::size_t place : seen_) {
    if (does(calls_[place]) && !is_undone(place, seen_, undoes)) places.push_back(place);
  }
  return places;
}

std::optional<std::string> PlainModel::set(const Path& path) const {
  std::set<std::string> elements;
  for (std::size_t place : seen_) {
    const Json& call = at(calls_[place], path);
    if (op(call) == "add") elements.insert(call["element"].get<std::string>());
    if (op(call) == "add_all") elements.merge(call["elements"].get<std::set<std::string>>());
  }
  Json shown = Json::array();
  for (const std::string& element : elements) {
    const auto does = [&](const char* one, const char* many) {
      return [&path, &element, one, many](const Json& whole) {
        const Json& call = at(whole, path);
        return (op(call) == one || op(call) == many) && names(call, "element", "elements", element);
      };
    };
    const auto removed = [&](const Json& call) { return removes(call, path) || does("remove", "remove_all")(call); };
    if (!standing(does("add", "add_all"), removed).empty()) shown.push_back(element);
  }
  return shown.empty() ? std::nullopt : std::optional(shown.dump());
}

/// What the signer's item held after that event: it went on from its last one, unless that had been removed here.
long long PlainModel::total(std::size_t place, const Path& path) const {
  const testing::DataTypeEvent& event = events_[place];
  const long long by = *step(at(calls_[place], path));
  for (auto former = event.here.rbegin(); former != event.here.rend(); ++former) {
    if (events_[*former].signer != event.signer || !step(at(calls_[*former], path))) continue;
    const bool gone = is_undone(*former, event.here, [&](const Json& call) { return removes(call, path); });
    return gone ? by : by + total(*former, path);
  }
  return by;
}

std::optional<std::string> PlainModel::counter(const Path& path) const {
  std::map<Actor, std::size_t> newest;
  for (std::size_t place : seen_) {
    if (step(at(calls_[place], path))) newest[events_[place].signer] = place;
  }
  std::optional<long long> sum;
  for (const auto& [signer, place] : newest) {
    if (!is_undone(place, seen_, [&](const Json& call) { return removes(call, path); }))
      sum = sum.value_or(0) + total(place, path);
  }
  return sum ? std::optional(std::to_string(*sum)) : std::nullopt;
}

std::optional<std::string> PlainModel::lww_register(const Path& path) const {
  const auto places = standing([&](const Json& call) { return op(at(call, path)) == "set"; },
                               [&](const Json& call) { return removes(call, path); });
  if (places.empty()) return std::nullopt;
  return at(calls_[newest(places)], path)["value"].dump();
}

/// By stamp, then signer. There is one.
std::size_t PlainModel::newest(const std::vector<std::size_t>& places) const {
  return *std::max_element(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
    return std::tie(events_[a].stamp, events_[a].signer) < std::tie(events_[b].stamp, events_[b].signer);
  });
}

std::optional<std::string> PlainModel::fields() const {
  std::set<std::string> names;
  for (std::size_t place : seen_) {
    const Json& call = calls_[place];
    if (op(call) == "set") names.insert(call["field"].get<std::string>());
    if (op(call) != "update") continue;
    for (const auto& [name, unused] : call["fields"].items()) names.insert(name);
  }
  Json shown = Json::object();
  for (const std::string& name : names) {
    const auto places = standing([&](const Json& call) { return set_to(call, name) != nullptr; },
                                 [&](const Json& call) { return removes(call, {name}); });
    if (!places.empty()) shown[name] = *set_to(calls_[newest(places)], name);
  }
  return shown.empty() ? std::nullopt : std::optional(shown.dump());
}

std::optional<std::string> PlainModel::flag(const Path& path) const {
  const auto places =
      standing([&](const Json& call) { return op(at(call, path)) == "enable"; },
               [&](const Json& call) { return op(at(call, path)) == "disable" || removes(call, path); });
  return places.empty() ? std::nullopt : std::optional<std::string>("true");
}

std::optional<std::string> PlainModel::field(const Path& path) const {
  std::map<std::string, Json> kinds;
  const auto show = [&](const char* kind, const std::optional<std::string>& shown) {
    if (shown) kinds[kind] = Json::parse(*shown);
  };
  show("counter", counter(path));
  show("flag", flag(path));
  show("map", map(path));
  show("register", lww_register(path));
  show("set", set(path));
  if (kinds.empty()) return std::nullopt;
  return kinds.size() == 1 ? kinds.begin()->second.dump() : Json(kinds).dump();
}

std::optional<std::string> PlainModel::map(const Path& path) const {
  std::set<std::string> all;
  for (std::size_t place : seen_) {
    const Json& call = at(calls_[place], path);
    if (op(call) != "update") continue;
    for (const auto& [name, unused] : call["fields"].items()) all.insert(name);
  }
  Json shown = Json::object();
  for (const std::string& name : all) {
    if (const auto json = field(below(path, name))) shown[name] = Json::parse(*json);
  }
  return shown.empty() ? std::nullopt : std::optional(shown.dump());
}

}  // namespace stator::dot_stores
