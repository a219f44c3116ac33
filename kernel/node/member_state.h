#pragma once

#include "stator/membership.h"

namespace stator {

/// As pages show it. Never null; lives for ever.
inline const char* state_name(MemberState state) {
  switch (state) {
    case MemberState::alive: return "alive";
    case MemberState::suspect: return "suspect";
    case MemberState::dead: return "dead";
    case MemberState::left: return "left";
  }
  return "dead";
}

}  // namespace stator
