// A data type that holds nothing.

#include "stator/datatype.h"
#include "stator/plugin.h"

namespace fake {

struct Bag final : stator::DataType {
  stator::Result<stator::Change> update(const stator::Items&, const stator::Operation&,
                                        const stator::Actor&) const override {
    return stator::Change{};
  }
  stator::Result<stator::Bytes> read(const stator::Items&) const override { return stator::Bytes("[]"); }
  std::vector<stator::Operation> examples() const override { return {{"shake", R"({"op":"shake"})"}}; }
};

}  // namespace fake

STATOR_PLUGIN(stator::DataType, fake::Bag, .name = "bag", .version = "1.0.0", .capabilities = "deterministic");
