#pragma once

#include <cstddef>
#include <optional>

#include "stator/bytes.h"

// The field of an item is the way to it:
//
//   field     = *( name %x00 "m" ) name %x00 leaf
//   leaf      = "c" / "f" / "r"        ; an item of a counter, of a flag, of a register
//             / "s" element            ; an item of a set
//   name      = 1*4096 octets          ; UTF-8, without %x00
//   element   = 1*4096 octets          ; UTF-8
//
// So fields ascend by name, and what is in one field of a map, of one kind or of all, stands side by side.

namespace stator::or_map {

enum class Kind : char { counter = 'c', flag = 'f', map = 'm', lww_register = 'r', set = 's' };
/// All of them, in the order of their fields.
inline constexpr Kind kKinds[] = {Kind::counter, Kind::flag, Kind::map, Kind::lww_register, Kind::set};

/// "counter" …
const char* name_of(Kind kind);

/// One step of the way.
struct Component {
  BytesView name;
  Kind kind;
  std::size_t end;  ///< where the rest of the field begins
};

/// The step that begins at that octet of the field, a view into it; absent if there is none.
std::optional<Component> component_at(BytesView field, std::size_t at);

/// What all fields of that name begin with, in the map that the path leads to.
Bytes all_kinds_of(BytesView path, BytesView name);
Bytes path_to(BytesView path, BytesView name, Kind kind);

}  // namespace stator::or_map
