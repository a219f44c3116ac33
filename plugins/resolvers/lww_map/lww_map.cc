#include <algorithm>

#include "dot_stores/lww_register.h"
#include "stator/plugin.h"

namespace stator {
namespace {

using dot_stores::Draft;
using dot_stores::Json;

Status set(Draft& draft, const Json& call) {
  Status status = dot_stores::expect_members(call, {"field", "value"});
  if (status.is_ok()) status = dot_stores::expect_name("field", call["field"]);
  if (status.is_ok()) dot_stores::put_register(draft, call["field"].get<Bytes>(), call["value"]);
  return status;
}

Status update_fields(Draft& draft, const Json& call) {
  Status status = dot_stores::expect_fields(call);
  if (!status.is_ok()) return status;
  for (const auto& [name, value] : call["fields"].items()) dot_stores::put_register(draft, name, value);
  return status;
}

Status remove(Draft& draft, const Json& call) {
  const auto names = dot_stores::text_or_list(call, "field", "fields");
  if (!names.is_ok()) return names.status();
  for (const std::string& name : *names) draft.remove(draft.items().at(name));
  return Status::ok();
}

/// The value of a key is the map itself: each field is a register, and its name the field of the items.
class LwwMap final : public DataType {
 public:
  Result<Change> update(const Items& items, const Operation& operation, const Actor& signer) const override {
    return dot_stores::change_of(items, operation, signer, [](Draft& draft, const Json& call) {
      if (call["op"] == "set") return set(draft, call);
      if (call["op"] == "update") return update_fields(draft, call);
      return call["op"] == "remove" ? remove(draft, call) : dot_stores::unknown_operation(call);
    });
  }

  Result<Bytes> read(const Items& items) const override {
    Bytes json;
    for (auto rest = items.all(); !rest.empty();) {
      const BytesView name = rest.front().field;
      const auto versions = items.at(name);
      json += (json.empty() ? "{" : ",") + dot_stores::json_text(name) + ":" + dot_stores::read_register(versions);
      rest = rest.subspan(versions.size());
    }
    return json + "}";
  }

  std::vector<Operation> examples() const override {
    return {{"set", R"({"op":"set","field":"name","value":"Ann"})"},
            {"set", R"({"op":"set","field":"age","value":41})"},
            {"update", R"({"op":"update","fields":{"age":42,"tags":["new",null]}})"},
            {"remove", R"({"op":"remove","field":"age"})"},
            {"remove", R"({"op":"remove","fields":["name","tags"]})"}};
  }
};

}  // namespace
}  // namespace stator

STATOR_PLUGIN(stator::DataType, stator::LwwMap, .name = "lww_map", .version = "1.0.0", .capabilities = "deterministic");
