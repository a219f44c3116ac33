#include "dot_stores/counter.h"
#include "stator/plugin.h"

namespace stator {
namespace {

// The value of a key is the counter itself: the field of its items is empty.
class PnCounter final : public DataType {
 public:
  Result<Change> update(const Items& items, const Operation& operation, const Actor& signer) const override {
    return dot_stores::change_of(items, operation, signer, [](dot_stores::Draft& draft, const dot_stores::Json& call) {
      return dot_stores::update_counter(draft, "", call);
    });
  }
  Result<Bytes> read(const Items& items) const override { return dot_stores::read_counter(items.all()); }
  std::vector<Operation> examples() const override {
    return {{"increment", R"({"op":"increment"})"},
            {"increment", R"({"op":"increment","by":5})"},
            {"decrement", R"({"op":"decrement"})"},
            {"decrement", R"({"op":"decrement","by":2})"}};
  }
};

}  // namespace
}  // namespace stator

STATOR_PLUGIN(stator::DataType, stator::PnCounter, .name = "pn_counter", .version = "1.0.0",
              .capabilities = "deterministic");
