#include "path.h"

namespace stator::or_map {

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::counter: return "counter";
    case Kind::flag: return "flag";
    case Kind::map: return "map";
    case Kind::lww_register: return "register";
    case Kind::set: break;
  }
  return "set";
}

std::optional<Component> component_at(BytesView field, std::size_t at) {
  const std::size_t zero = field.find('\0', at);
  if (zero == BytesView::npos || zero == at || zero + 1 == field.size()) return std::nullopt;
  const char kind = field[zero + 1];
  if (BytesView("cfmrs").find(kind) == BytesView::npos) return std::nullopt;
  return Component{field.substr(at, zero - at), Kind{kind}, zero + 2};
}

Bytes all_kinds_of(BytesView path, BytesView name) { return Bytes(path).append(name) + '\0'; }

Bytes path_to(BytesView path, BytesView name, Kind kind) { return all_kinds_of(path, name) + static_cast<char>(kind); }

}  // namespace stator::or_map
