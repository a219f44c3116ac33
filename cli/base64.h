#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "stator/bytes.h"

namespace stator::cli {

/// Base64 with padding (RFC 4648, section 4), as `valueBase64` of the HTTP API has it.
std::string base64_encoded(BytesView bytes);
/// Absent if the text is not base64 with padding.
std::optional<Bytes> base64_decoded(std::string_view text);

}  // namespace stator::cli
