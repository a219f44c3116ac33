#include "base64.h"

#include <array>
#include <cstdint>

namespace stator::http {
namespace {

constexpr BytesView kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kForeign = 0xff;

constexpr std::array<std::uint8_t, 256> kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kForeign);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}();

std::uint32_t octet(BytesView bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }
std::uint32_t sextet(BytesView text, std::size_t at) { return kValues[static_cast<unsigned char>(text[at])]; }

/// The two or three characters after the last group of four.
bool decode_rest(BytesView rest, char* to) {
  const std::uint32_t a = sextet(rest, 0);
  const std::uint32_t b = sextet(rest, 1);
  const std::uint32_t c = rest.size() == 3 ? sextet(rest, 2) : 0;
  if ((a | b | c) > 63) return false;
  const std::uint32_t bits = a << 18 | b << 12 | c << 6;
  *to++ = static_cast<char>(bits >> 16);
  if (rest.size() == 2) return (bits & 0xffff) == 0;
  *to = static_cast<char>(bits >> 8);
  return (bits & 0xff) == 0;
}

}  // namespace

void append_base64(BytesView bytes, Bytes& out) {
  const std::size_t start = out.size();
  out.resize(start + (bytes.size() + 2) / 3 * 4);
  char* to = out.data() + start;
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t bits = octet(bytes, i) << 16 | octet(bytes, i + 1) << 8 | octet(bytes, i + 2);
    *to++ = kAlphabet[bits >> 18];
    *to++ = kAlphabet[bits >> 12 & 63];
    *to++ = kAlphabet[bits >> 6 & 63];
    *to++ = kAlphabet[bits & 63];
  }
  if (i == bytes.size()) return;
  const bool two = i + 2 == bytes.size();
  const std::uint32_t bits = octet(bytes, i) << 16 | (two ? octet(bytes, i + 1) << 8 : 0);
  *to++ = kAlphabet[bits >> 18];
  *to++ = kAlphabet[bits >> 12 & 63];
  *to++ = two ? kAlphabet[bits >> 6 & 63] : '=';
  *to = '=';
}

std::optional<Bytes> decode_base64(BytesView text) {
  if (text.size() % 4 == 0) {
    for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  }
  const std::size_t rest = text.size() % 4;
  if (rest == 1) return std::nullopt;
  Bytes bytes(text.size() / 4 * 3 + (rest == 0 ? 0 : rest - 1), '\0');
  char* to = bytes.data();
  std::size_t i = 0;
  for (; i + 4 <= text.size(); i += 4) {
    const std::uint32_t a = sextet(text, i);
    const std::uint32_t b = sextet(text, i + 1);
    const std::uint32_t c = sextet(text, i + 2);
    const std::uint32_t d = sextet(text, i + 3);
    if ((a | b | c | d) > 63) return std::nullopt;
    const std::uint32_t bits = a << 18 | b << 12 | c << 6 | d;
    *to++ = static_cast<char>(bits >> 16);
    *to++ = static_cast<char>(bits >> 8);
    *to++ = static_cast<char>(bits);
  }
  if (rest != 0 && !decode_rest(text.substr(i), to)) return std::nullopt;
  return bytes;
}

}  // namespace stator::http
