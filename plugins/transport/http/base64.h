#pragma once

#include <optional>

#include "stator/bytes.h"

namespace stator::http {

/// Standard base64 (RFC 4648, section 4), padded, appended to `out`.
void append_base64(BytesView bytes, Bytes& out);

/// The bytes behind standard base64; the padding may be missing, as some writers leave it out. Nothing if any character
/// is foreign (white space too), the length impossible, or the bits after the last byte are not zero: one value, one
/// text.
std::optional<Bytes> decode_base64(BytesView text);

}  // namespace stator::http
