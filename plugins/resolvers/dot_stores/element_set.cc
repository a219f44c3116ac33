#include "dot_stores/element_set.h"

namespace stator::dot_stores {

Status update_set(Draft& draft, BytesView prefix, const Json& call) {
  const Json& op = call["op"];
  const bool adds = op == "add" || op == "add_all";
  if (!adds && op != "remove" && op != "remove_all") return unknown_operation(call);
  const bool one = op == "add" || op == "remove";
  const Result<Texts> elements = one ? only_text(call, "element") : only_list(call, "elements");
  if (!elements.is_ok()) return elements.status();
  for (const std::string& element : *elements) {
    Bytes field = Bytes(prefix) + element;
    if (adds) {
      draft.put(std::move(field), {});
    } else {
      draft.remove(draft.items().at(field));
    }
  }
  return Status::ok();
}

Bytes read_set(std::span<const Item> items, std::size_t prefix_size) {
  Bytes json = "[";
  const Item* previous = nullptr;
  for (const Item& item : items) {
    if (previous != nullptr && previous->field == item.field) continue;  // added twice at once
    if (previous != nullptr) json += ',';
    json += json_text(item.field.substr(prefix_size));
    previous = &item;
  }
  return json + "]";
}

}  // namespace stator::dot_stores
