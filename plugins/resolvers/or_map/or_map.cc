#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <string>

#include "dot_stores/counter.h"
#include "dot_stores/element_set.h"
#include "dot_stores/lww_register.h"
#include "path.h"
#include "stator/plugin.h"

namespace stator {
namespace {

using dot_stores::Draft;
using dot_stores::Json;
using or_map::Kind;
using Span = std::span<const Item>;

constexpr std::int64_t kDeepest = 64;

Status refusal(Code code, std::string why) { return {code, std::move(why)}; }
Status damaged() { return refusal(Code::data_loss, "a field of an or_map is not as it writes them"); }

/// The kind of field that the operation is for; absent if no kind has it.
std::optional<Kind> kind_for(const Json& call) {
  static const std::pair<const char*, Kind> kKinds[] = {
      {"increment", Kind::counter}, {"decrement", Kind::counter}, {"add", Kind::set},
      {"add_all", Kind::set},       {"remove_all", Kind::set},    {"set", Kind::lww_register},
      {"enable", Kind::flag},       {"disable", Kind::flag},      {"update", Kind::map}};
  const Json& op = call["op"];
  if (op == "remove") return call.contains("element") ? Kind::set : Kind::map;
  const auto* known =
      std::find_if(std::begin(kKinds), std::end(kKinds), [&](const auto& each) { return op == each.first; });
  return known == std::end(kKinds) ? std::nullopt : std::optional(known->second);
}

Status update_register(Draft& draft, const Bytes& path, const Json& call) {
  Status status = dot_stores::expect_members(call, {"value"});
  if (status.is_ok()) dot_stores::put_register(draft, path, call["value"]);
  return status;
}

Status update_flag(Draft& draft, const Bytes& path, const Json& call) {
  Status status = dot_stores::expect_members(call, {});
  if (!status.is_ok()) return status;
  if (call["op"] == "enable") {
    draft.put(path, {});
  } else {
    draft.remove(draft.items().at(path));
  }
  return status;
}

/// A field that is of other kinds alone must be removed first: two clients that use one name for two things are told.
/// It looks for other kinds, since of those there is seldom anything to read.
Status expect_kind(const Draft& draft, BytesView path, BytesView name, Kind kind) {
  const auto is_there = [&](Kind each) { return !draft.items().beneath(or_map::path_to(path, name, each)).empty(); };
  for (Kind other : or_map::kKinds) {
    if (other == kind || !is_there(other)) continue;
    if (is_there(kind)) break;
    return refusal(Code::failed_precondition, std::string("it is a ") + or_map::name_of(other) + ", not a " +
                                                  or_map::name_of(kind) + ": remove it first");
  }
  return Status::ok();
}

class OrMap final : public DataType {
 public:
  static std::unique_ptr<OrMap> create(Host& /*host*/, const Config& config, Status& why) {
    const std::int64_t depth = config.integer("max_depth");
    if (depth >= 1 && depth <= kDeepest) return std::unique_ptr<OrMap>(new OrMap(depth));
    why = refusal(Code::invalid_argument, "max_depth is 1 to " + std::to_string(kDeepest));
    return nullptr;
  }

  Result<Change> update(const Items& items, const Operation& operation, const Actor& signer) const override {
    return dot_stores::change_of(items, operation, signer,
                                 [this](Draft& draft, const Json& call) { return update_map(draft, {}, call, 1); });
  }
  Result<Bytes> read(const Items& items) const override { return read_map(items.all(), 0, 1); }
  std::vector<Operation> examples() const override;

 private:
  explicit OrMap(std::int64_t max_depth) : max_depth_(max_depth) {}

  /// `depth` is that of the map's fields: 1 for those of the key.
  Status update_map(Draft& draft, const Bytes& path, const Json& call, std::int64_t depth) const {
    if (call["op"] == "remove") return remove_fields(draft, path, call);
    if (call["op"] != "update") return dot_stores::unknown_operation(call);
    Status status = dot_stores::expect_fields(call);
    if (!status.is_ok()) return status;
    if (depth > max_depth_)
      return refusal(Code::invalid_argument, "maps are nested at most " + std::to_string(max_depth_) + " deep");
    for (const auto& [name, nested] : call["fields"].items()) {
      status = update_field(draft, path, name, nested, depth);
      if (!status.is_ok()) return {status.code(), "field " + dot_stores::json_text(name) + ": " + status.message()};
    }
    return status;
  }

  Status update_field(Draft& draft, const Bytes& path, const std::string& name, const Json& call,
                      std::int64_t depth) const {
    if (name.find('\0') != std::string::npos)
      return refusal(Code::invalid_argument, "a name holds no character U+0000");
    if (!call.is_object() || !call.contains("op") || !call["op"].is_string())
      return refusal(Code::invalid_argument, R"(it takes an operation, {"op":…})");
    const std::optional<Kind> kind = kind_for(call);
    if (!kind) return dot_stores::unknown_operation(call);
    Status status = expect_kind(draft, path, name, *kind);
    if (!status.is_ok()) return status;
    const Bytes field = or_map::path_to(path, name, *kind);
    switch (*kind) {
      case Kind::counter: return dot_stores::update_counter(draft, field, call);
      case Kind::flag: return update_flag(draft, field, call);
      case Kind::lww_register: return update_register(draft, field, call);
      case Kind::set: return dot_stores::update_set(draft, field, call);
      case Kind::map: break;
    }
    return update_map(draft, field, call, depth + 1);
  }

  static Status remove_fields(Draft& draft, const Bytes& path, const Json& call) {
    const auto names = dot_stores::text_or_list(call, "field", "fields");
    if (!names.is_ok()) return names.status();
    for (const std::string& name : *names) draft.remove(draft.items().beneath(or_map::all_kinds_of(path, name)));
    return Status::ok();
  }

  /// Of one map, whose path is `at` octets long.
  static Result<Bytes> read_map(Span items, std::size_t at, std::int64_t depth) {
    if (depth > kDeepest) return damaged();
    Bytes json;
    while (!items.empty()) {
      const auto first = or_map::component_at(items.front().field, at);
      if (!first) return damaged();
      const Span field = take(items, first->end - 1);
      const Result<Bytes> shown = read_field(field, at, depth);
      if (!shown.is_ok()) return shown.status();
      json += (json.empty() ? "{" : ",") + dot_stores::json_text(first->name) + ":" + *shown;
    }
    return json + "}";
  }

  /// All that has one name. Of several kinds, each is shown under the name of the kind.
  static Result<Bytes> read_field(Span items, std::size_t at, std::int64_t depth) {
    Bytes by_kind;
    Bytes shown;
    int kinds = 0;
    for (; !items.empty(); ++kinds) {
      const auto component = or_map::component_at(items.front().field, at);
      if (!component) return damaged();
      Result<Bytes> value = read_kind(component->kind, take(items, component->end), component->end, depth);
      if (!value.is_ok()) return value.status();
      by_kind += (kinds == 0 ? "{\"" : ",\"") + Bytes(or_map::name_of(component->kind)) + "\":" + *value;
      shown = std::move(*value);
    }
    return kinds == 1 ? shown : by_kind + "}";
  }

  static Result<Bytes> read_kind(Kind kind, Span items, std::size_t at, std::int64_t depth) {
    switch (kind) {
      case Kind::counter: return dot_stores::read_counter(items);
      case Kind::flag: return Bytes("true");
      case Kind::lww_register: return dot_stores::read_register(items);
      case Kind::set: return dot_stores::read_set(items, at);
      case Kind::map: break;
    }
    return read_map(items, at, depth + 1);
  }

  /// Takes from the front of the items those that agree in so many octets.
  static Span take(Span& items, std::size_t octets) {
    const BytesView prefix = items.front().field.substr(0, octets);
    const auto end = std::partition_point(items.begin(), items.end(),
                                          [&](const Item& item) { return item.field.starts_with(prefix); });
    const Span taken = items.first(static_cast<std::size_t>(end - items.begin()));
    items = items.subspan(taken.size());
    return taken;
  }

  const std::int64_t max_depth_;
};

std::vector<Operation> OrMap::examples() const {
  return {
      {"update", R"({"op":"update","fields":{"visits":{"op":"increment","by":2},"name":{"op":"set","value":"Ann"}}})"},
      {"update", R"({"op":"update","fields":{"items":{"op":"add","element":"milk"},"member":{"op":"enable"}}})"},
      {"update", R"({"op":"update","fields":{"items":{"op":"remove","element":"milk"},"member":{"op":"disable"}}})"},
      {"update", R"({"op":"update","fields":{"items":{"op":"add_all","elements":["bread","eggs"]}}})"},
      {"update", R"({"op":"update","fields":{"items":{"op":"remove_all","elements":["eggs"]}}})"},
      {"update",
       R"({"op":"update","fields":{"address":{"op":"update","fields":{"city":{"op":"set","value":"Ulm"}}}}})"},
      {"update", R"({"op":"update","fields":{"address":{"op":"remove","field":"city"},"visits":{"op":"decrement"}}})"},
      {"remove", R"({"op":"remove","field":"address"})"},
      {"remove", R"({"op":"remove","fields":["name","visits"]})"}};
}

constexpr stator_option kOptions[] = {
    {"max_depth", "int", "16", "how deep maps may be nested, the key's own being the first; at most 64"}, {}};

}  // namespace
}  // namespace stator

STATOR_PLUGIN(stator::DataType, stator::OrMap, .name = "or_map", .version = "1.0.0", .capabilities = "deterministic",
              .options = stator::kOptions);
