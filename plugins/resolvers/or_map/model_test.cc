#include <gtest/gtest.h>

#include <array>
#include <string>

#include "dot_stores/plain_model.h"
#include "dot_stores/workbench.h"
#include "stator/testing/datatype_history.h"

extern "C" const stator_plugin_descriptor stator_plugin;

namespace stator {
namespace {

using Json = dot_stores::PlainModel::Json;
using Random = std::mt19937_64;

Json drawn_update(Random& random, int depth);

/// An operation on a field: what its name is for, and now and then something else, so that kinds meet in one name.
Json drawn_on_field(Random& random, std::size_t kind, int depth) {
  static constexpr const char* kElements[] = {"milk", "bread"};
  switch (kind) {
    case 0: return {{"op", "increment"}, {"by", random() % 9}};
    case 1: return {{"op", random() % 2 == 0 ? "enable" : "disable"}};
    case 2: return {{"op", "set"}, {"value", random()}};
    case 3: return {{"op", random() % 2 == 0 ? "add" : "remove"}, {"element", kElements[random() % 2]}};
    case 4: return {{"op", random() % 2 == 0 ? "add_all" : "remove_all"}, {"elements", kElements}};
    default: return drawn_update(random, depth + 1);
  }
}

Json drawn_update(Random& random, int depth) {
  static constexpr std::array kNames = {"count", "flag", "name", "items", "items", "inner"};
  const auto name = [&] { return kNames[random() % (depth < 3 ? 6 : 5)]; };
  if (random() % 5 == 0) return {{"op", "remove"}, {"field", name()}};
  if (random() % 9 == 0) return {{"op", "remove"}, {"fields", {name(), name()}}};
  Json fields = Json::object();
  for (std::size_t i = 0; i < 2; ++i) {
    const std::size_t kind = random() % (depth < 3 ? 6 : 5);
    fields[random() % 12 == 0 ? "items" : kNames[kind]] = drawn_on_field(random, kind, depth);
  }
  return {{"op", "update"}, {"fields", fields}};
}

Operation drawn(Random& random) {
  const Json call = drawn_update(random, 1);
  return {call["op"], call.dump()};
}

std::string meant(std::span<const testing::DataTypeEvent> events, const testing::Events& seen) {
  return dot_stores::PlainModel(events, seen).map({}).value_or("");
}

std::unique_ptr<DataType> make() {
  return dot_stores::made_by(stator_plugin, Config("", {{"max_depth", std::int64_t{16}}}));
}

[[maybe_unused]] const bool kModel = testing::register_datatype_model("OrMapModel", {.make = make, .histories = 150},
                                                                      {.read = meant, .draw = drawn, .updates = 30});

}  // namespace
}  // namespace stator
