#include "dot_stores/element_set.h"
#include "stator/plugin.h"

namespace stator {
namespace {

// The value of a key is the set itself: the field of an item is the element.
class AddWinsSet final : public DataType {
 public:
  Result<Change> update(const Items& items, const Operation& operation, const Actor& signer) const override {
    return dot_stores::change_of(items, operation, signer, [](dot_stores::Draft& draft, const dot_stores::Json& call) {
      return dot_stores::update_set(draft, "", call);
    });
  }
  Result<Bytes> read(const Items& items) const override { return dot_stores::read_set(items.all(), 0); }
  std::vector<Operation> examples() const override {
    return {{"add", R"({"op":"add","element":"milk"})"},
            {"add", R"({"op":"add","element":"bread"})"},
            {"add_all", R"({"op":"add_all","elements":["eggs","milk"]})"},
            {"remove", R"({"op":"remove","element":"milk"})"},
            {"remove_all", R"({"op":"remove_all","elements":["bread","eggs"]})"}};
  }
};

}  // namespace
}  // namespace stator

STATOR_PLUGIN(stator::DataType, stator::AddWinsSet, .name = "add_wins_set", .version = "1.0.0",
              .capabilities = "deterministic");
