#pragma once

#include <string>
#include <string_view>

namespace stator {

/// A sequence of arbitrary octets, owned. Keys, values and encoded records are Bytes; none of them need be text.
using Bytes = std::string;

/// A borrowed sequence of octets. Every function that hands one out says until when it lives;
/// one that takes a view reads it during the call only.
using BytesView = std::string_view;

}  // namespace stator
