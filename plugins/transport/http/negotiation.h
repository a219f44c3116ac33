#pragma once

#include <optional>

#include "stator/bytes.h"

namespace stator::http {

/// The two conversations this API speaks.
enum class Form {
  envelope,  ///< JSON around base64
  bytes,     ///< the value as it is, with its content type
};

struct FormWish {
  BytesView accept;         ///< the Accept field; empty: none
  std::optional<bool> raw;  ///< ?raw=
};

/// The form of an answer whose value was stored with `content_type` (empty: through the envelope). `raw` decides, else
/// "application/json" (envelope) and any range that names the stored type or application/octet-stream (bytes) in
/// Accept, the larger q winning; else the form it was written in. Ranges that name no type, such as curl's "*/*",
/// decide nothing.
Form choose_form(const FormWish& wish, BytesView content_type);

/// Whether a field names application/json, with or without parameters.
bool is_json(BytesView content_type);

}  // namespace stator::http
