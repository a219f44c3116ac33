#include <vector>

#include "stator/datatype.h"
#include "stator/plugin.h"

namespace {

/// A flag that is on while it holds an item: an enable is lost to no disable that had not seen it.
class ScaffoldDataType final : public stator::DataType {
 public:
  // Any number of threads call these at the same time. Laws: the same arguments always have the same answer, nothing is
  // thrown, every example is taken whatever is there, and what no example names is refused.
  stator::Result<stator::Change> update(const stator::Items& items, const stator::Operation& operation,
                                        const stator::Actor& signer) const override {
    const bool enable = operation == enabling();
    if (!enable && operation != disabling())
      return stator::Status(stator::Code::invalid_argument, R"(it takes {"op":"enable"} and {"op":"disable"})");
    stator::Change change;
    // Its items have no field. On a large value an operation that asks for all() costs all of it.
    for (const stator::Item& item : items.at({})) {
      // Law: replaced is only what the client has seen, or what this very actor has signed.
      if (item.observed || (enable && item.dot.actor == signer)) change.replaced.push_back(item.dot);
    }
    if (enable) change.added.push_back({});
    return change;
  }

  // Law: whatever operations have made reads as JSON. A flag without items is off, and its key is not found.
  stator::Result<stator::Bytes> read(const stator::Items& /*items*/) const override { return stator::Bytes("true"); }

  // Clients who ask for something else are shown these; the laws draw from them.
  std::vector<stator::Operation> examples() const override { return {enabling(), disabling()}; }

 private:
  static stator::Operation enabling() { return {"enable", R"({"op":"enable"})"}; }
  static stator::Operation disabling() { return {"disable", R"({"op":"disable"})"}; }
};

}  // namespace

STATOR_PLUGIN(stator::DataType, ScaffoldDataType, .name = "scaffold", .version = "1.0.0",
              .capabilities = "deterministic");
