#include "stator/datatype.h"
#include "stator/plugin.h"

// A data type whose operation "stop" never returns.

namespace stator {
namespace {

struct Stuck final : DataType {
  Result<Change> update(const Items&, const Operation& operation, const Actor&) const override {
    Change change;
    change.added.push_back({"", operation.arguments});
    for (volatile bool on = operation.name == "stop"; on;) {
    }
    return change;
  }
  Result<Bytes> read(const Items& items) const override { return std::to_string(items.all().size()); }
  std::vector<Operation> examples() const override { return {{"go", R"({"op":"go"})"}, {"stop", R"({"op":"stop"})"}}; }
};

}  // namespace
}  // namespace stator

STATOR_PLUGIN(stator::DataType, stator::Stuck, .name = "stuck", .version = "1.0.0");
