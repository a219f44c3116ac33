#pragma once

#include <optional>

#include "stator/bytes.h"

namespace stator::http {

/// `text` with each %xx replaced by its byte, and nothing else ('+' stays). Nothing if a '%' lacks its two digits.
std::optional<Bytes> percent_decoded(BytesView text);

}  // namespace stator::http
