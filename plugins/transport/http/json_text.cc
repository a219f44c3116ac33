#include "json_text.h"

#include "ascii.h"

namespace stator::http {
namespace {

/// Bytes of the UTF-8 sequence at the start of `text`; 0 if it is none (overlong, surrogate, above U+10FFFF, cut off).
std::size_t utf8_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  if ((lead == 0xe0 && at(1) < 0xa0) || (lead == 0xed && at(1) > 0x9f)) return 0;
  if ((lead == 0xf0 && at(1) < 0x90) || (lead == 0xf4 && at(1) > 0x8f)) return 0;
  return length;
}

void append_control(char c, Bytes& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default:
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
  }
}

void append_utf8(unsigned point, Bytes& out) {
  const auto byte = [&](unsigned bits) { out += static_cast<char>(bits); };
  if (point < 0x80) return byte(point);
  if (point < 0x800) {
    byte(0xc0 | point >> 6);
    return byte(0x80 | (point & 63));
  }
  if (point < 0x10000) {
    byte(0xe0 | point >> 12);
  } else {
    byte(0xf0 | point >> 18);
    byte(0x80 | (point >> 12 & 63));
  }
  byte(0x80 | (point >> 6 & 63));
  byte(0x80 | (point & 63));
}

/// The character of a two-character escape, or 0.
char short_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/': return c;
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return 0;
  }
}

}  // namespace

void append_json_string(std::string_view text, Bytes& out) {
  out += '"';
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    const std::size_t length = utf8_length(text.substr(i, 4));
    if (length == 0) {
      out += "\xef\xbf\xbd";
    } else if (length > 1) {
      out += text.substr(i, length);
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      append_control(c, out);
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    i += length == 0 ? 1 : length;
  }
  out += '"';
}

FlatObject::FlatObject(BytesView json) : rest_(json) {
  skip_blanks();
  if (!take('{')) fail("the body is not a JSON object");
}

bool FlatObject::next() {
  if (done_) return false;
  if (kind_ == Kind::other) return fail("\"" + name_ + "\" must be a string");
  skip_blanks();
  if (take('}')) return finish();
  if (!first_ && !take(',')) return fail("the body is not valid JSON: expected ',' or '}'");
  first_ = false;
  skip_blanks();
  BytesView name;
  if (!read_string(scratch_, name)) return fail("the body is not valid JSON: expected a member's name");
  name_ = name;
  skip_blanks();
  if (!take(':')) return fail("the body is not valid JSON: expected ':' after \"" + name_ + "\"");
  skip_blanks();
  return read_value();
}

bool FlatObject::finish() {
  skip_blanks();
  if (!rest_.empty()) return fail("the body is not valid JSON: something follows the object");
  done_ = true;
  return false;
}

bool FlatObject::fail(std::string why) {
  if (mistake_.empty()) mistake_ = std::move(why);
  done_ = true;
  return false;
}

void FlatObject::skip_blanks() {
  while (!rest_.empty() &&
         (rest_.front() == ' ' || rest_.front() == '\t' || rest_.front() == '\n' || rest_.front() == '\r')) {
    rest_.remove_prefix(1);
  }
}

bool FlatObject::take(char expected) {
  if (!rest_.starts_with(expected)) return false;
  rest_.remove_prefix(1);
  return true;
}

bool FlatObject::read_value() {
  text_ = {};
  value_ = rest_;
  if (rest_.starts_with("null")) {
    rest_.remove_prefix(4);
    kind_ = Kind::null;
    return true;
  }
  if (!rest_.starts_with('"')) {
    kind_ = Kind::other;
    return true;
  }
  kind_ = Kind::string;
  if (!read_string(scratch_, text_)) return fail("\"" + name_ + "\" is not a valid JSON string");
  return true;
}

BytesView FlatObject::raw() {
  if (kind_ == Kind::other && !skip_value()) {
    fail("\"" + name_ + "\" has no end");
    return {};
  }
  kind_ = Kind::null;
  return value_.substr(0, value_.size() - rest_.size());
}

/// Goes to the ',' or '}' behind the value.
bool FlatObject::skip_value() {
  std::size_t depth = 0;
  Bytes scratch;
  BytesView text;
  while (!rest_.empty()) {
    const char c = rest_.front();
    if (c == '"') {
      if (!read_string(scratch, text)) return false;
      continue;
    }
    if (depth == 0 && (c == ',' || c == '}')) return rest_.size() < value_.size();
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && depth-- == 0) return false;
    rest_.remove_prefix(1);
  }
  return false;
}

bool FlatObject::read_string(Bytes& scratch, BytesView& result) {
  if (!take('"')) return false;
  scratch.clear();
  std::size_t i = 0;
  for (; i < rest_.size(); ++i) {
    const char c = rest_[i];
    if (c == '"') break;
    if (static_cast<unsigned char>(c) < 0x20) return false;
    if (c != '\\') continue;
    scratch += rest_.substr(0, i);
    rest_.remove_prefix(i + 1);
    if (!read_escape(scratch)) return false;
    i = static_cast<std::size_t>(-1);  // the loop goes on at 0
  }
  if (i >= rest_.size()) return false;
  result = rest_.substr(0, i);
  rest_.remove_prefix(i + 1);
  if (!scratch.empty()) {
    scratch += result;
    result = scratch;
  }
  return true;
}

bool FlatObject::read_escape(Bytes& to) {
  if (rest_.empty()) return false;
  const char kind = rest_.front();
  rest_.remove_prefix(1);
  if (kind != 'u') {
    const char plain = short_escape(kind);
    to += plain;
    return plain != 0;
  }
  unsigned unit = 0;
  if (!read_code_unit(unit) || (unit >= 0xdc00 && unit <= 0xdfff)) return false;
  if (unit >= 0xd800 && unit <= 0xdbff) {
    unsigned low = 0;
    if (!take('\\') || !take('u') || !read_code_unit(low) || low < 0xdc00 || low > 0xdfff) return false;
    unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
  }
  append_utf8(unit, to);
  return true;
}

bool FlatObject::read_code_unit(unsigned& unit) {
  if (rest_.size() < 4) return false;
  unit = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = hex_digit(rest_[static_cast<std::size_t>(i)]);
    if (digit < 0) return false;
    unit = unit << 4 | static_cast<unsigned>(digit);
  }
  rest_.remove_prefix(4);
  return true;
}

}  // namespace stator::http
