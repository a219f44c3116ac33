#include <array>
#include <functional>
#include <map>
#include <random>

#include <nlohmann/json.hpp>

#include "kernel/causality/head.h"
#include "plugins/resolvers/dot_stores/plain_model.h"
#include "tests/simulation/histories/operation_truth.h"

namespace stator::simulation {
namespace {

using dot_stores::PlainModel;
using Json = nlohmann::json;
using Random = std::mt19937_64;

std::string element(Random& random) { return "element " + std::to_string(random() % 8); }

// So many that with them the key's copies are large ones, and without them they are not.
Json crowd(Random& random) {
  const bool comes = random() % 2 == 0;
  Json elements = Json::array();
  for (std::size_t i = 0; i < kRowsFrom + 6; ++i) elements.push_back("crowd " + std::to_string(i));
  return {{"op", comes ? "add_all" : "remove_all"}, {"elements", std::move(elements)}};
}

Json drawn_for_a_set(Random& random) {
  if (random() % 8 == 0) return crowd(random);
  switch (random() % 5) {
    case 0: return {{"op", "remove"}, {"element", element(random)}};
    case 1: return {{"op", "remove_all"}, {"elements", {element(random), element(random), element(random)}}};
    case 2: return {{"op", "add_all"}, {"elements", {element(random), element(random)}}};
    default: return {{"op", "add"}, {"element", element(random)}};
  }
}

Json drawn_for_a_counter(Random& random) {
  return {{"op", random() % 3 == 0 ? "decrement" : "increment"}, {"by", random() % 100}};
}

Json drawn_for_fields(Random& random) {
  static constexpr std::array kNames = {"name", "age", "tags"};
  const std::string name = kNames[random() % kNames.size()];
  switch (random() % 4) {
    case 0: return {{"op", "remove"}, {"field", name}};
    case 1: return {{"op", "update"}, {"fields", {{"age", random()}, {name, {random()}}}}};
    default: return {{"op", "set"}, {"field", name}, {"value", random()}};
  }
}

Json drawn_for_a_map(Random& random) {
  if (random() % 6 == 0) return {{"op", "remove"}, {"fields", {random() % 2 == 0 ? "items" : "visits", "inner"}}};
  Json fields = {{"items", drawn_for_a_set(random)}};
  if (random() % 2 == 0) fields["visits"] = drawn_for_a_counter(random);
  if (random() % 2 == 0) fields["inner"] = {{"op", "update"}, {"fields", {{"items", drawn_for_a_set(random)}}}};
  return {{"op", "update"}, {"fields", fields}};
}

/// What the simulator knows of a data type beside what its plugin says.
struct Model {
  Json (*draw)(Random& random);
  std::optional<std::string> (*shown)(const PlainModel& model);
};

const std::map<std::string, Model>& models() {
  static const std::map<std::string, Model> all = {
      {"add_wins_set", {drawn_for_a_set, [](const PlainModel& model) { return model.set({}); }}},
      {"pn_counter", {drawn_for_a_counter, [](const PlainModel& model) { return model.counter({}); }}},
      {"lww_map", {drawn_for_fields, [](const PlainModel& model) { return model.fields(); }}},
      {"or_map", {drawn_for_a_map, [](const PlainModel& model) { return model.map({}); }}},
  };
  return all;
}

}  // namespace

Operation draw_operation(const std::string& datatype, const DataType& of, std::uint64_t bits) {
  Random random(bits);
  const auto model = models().find(datatype);
  const std::vector<Operation> examples = of.examples();
  if (model == models().end() || random() % 3 == 0) return examples[random() % examples.size()];
  const Json call = model->second.draw(random);
  return {call["op"], call.dump()};
}

OperationTruth::Meaning meaning_of(const std::string& datatype) {
  const auto model = models().find(datatype);
  if (model == models().end()) return nullptr;
  return [shown = model->second.shown](std::span<const testing::DataTypeEvent> events, const testing::Events& seen) {
    return shown(PlainModel(events, seen)).value_or("");
  };
}

}  // namespace stator::simulation
