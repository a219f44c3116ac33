#include "negotiation.h"

#include <algorithm>

#include "ascii.h"

namespace stator::http {
namespace {

constexpr BytesView kJson = "application/json";

/// q in thousandths: "0.5" is 500. What is malformed counts as 1, as if it were not there.
int thousandths(BytesView text) {
  int value = 0;
  int weight = 1000;
  for (const char c : text) {
    if (c == '.') continue;
    if (c < '0' || c > '9') return 1000;
    value += (c - '0') * weight;
    weight /= 10;
  }
  return text.empty() ? 1000 : std::min(value, 1000);
}

int quality(BytesView range) {
  take_until(range, ';');
  while (!range.empty()) {
    BytesView parameter = trimmed(take_until(range, ';'));
    const BytesView name = trimmed(take_until(parameter, '='));
    if (same_ignoring_case(name, "q")) return thousandths(trimmed(parameter));
  }
  return 1000;
}

/// Whether an Accept range asks for a value of `content_type` as it is.
bool names_bytes(BytesView range, BytesView content_type) {
  if (same_ignoring_case(range, "application/octet-stream")) return true;
  if (content_type.empty()) return false;
  const BytesView stored = media_type(content_type);
  if (same_ignoring_case(range, stored)) return true;
  if (!range.ends_with("/*") || range.starts_with('*') || range == "application/*") return false;
  const std::size_t kind = range.size() - 1;
  return stored.size() >= kind && same_ignoring_case(range.substr(0, kind), stored.substr(0, kind));
}

}  // namespace

bool is_json(BytesView content_type) { return same_ignoring_case(media_type(content_type), kJson); }

Form choose_form(const FormWish& wish, BytesView content_type) {
  if (wish.raw) return *wish.raw ? Form::bytes : Form::envelope;
  int envelope = 0;
  int bytes = 0;
  for (BytesView rest = wish.accept; !rest.empty();) {
    const BytesView range = take_until(rest, ',');
    const BytesView type = media_type(range);
    if (same_ignoring_case(type, kJson)) {
      envelope = std::max(envelope, quality(range));
    } else if (names_bytes(type, content_type)) {
      bytes = std::max(bytes, quality(range));
    }
  }
  if (envelope != bytes) return envelope > bytes ? Form::envelope : Form::bytes;
  return content_type.empty() ? Form::envelope : Form::bytes;
}

}  // namespace stator::http
