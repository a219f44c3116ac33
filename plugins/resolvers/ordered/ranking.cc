#include "ranking.h"

#include <algorithm>
#include <tuple>

namespace stator {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes the digits that the text begins with.
std::string_view take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

/// Takes one sign, if there is one: whether it was a minus.
bool take_minus(std::string_view& text) {
  if (text.empty() || (text.front() != '-' && text.front() != '+')) return false;
  const bool minus = text.front() == '-';
  text.remove_prefix(1);
  return minus;
}

/// The exponent behind the digits; 0 if there is none, nothing if it is malformed.
std::optional<std::int64_t> take_exponent(std::string_view& text) {
  if (text.empty() || (text.front() != 'e' && text.front() != 'E')) return 0;
  text.remove_prefix(1);
  const bool minus = take_minus(text);
  const std::string_view digits = take_digits(text);
  constexpr std::size_t kMostDigits = 9;
  if (digits.empty() || digits.size() > kMostDigits) return std::nullopt;
  const std::int64_t exponent = std::stoll(std::string(digits));
  return minus ? -exponent : exponent;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// The length of the UTF-8 sequence that the text begins with; 0 if it begins with none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 0;
  for (std::size_t at = 1; at < length; ++at) {
    if (byte(at) >> 6 != 2) return 0;
  }
  const unsigned second = byte(1);  // overlong forms, surrogates, and what is above the last code point
  const bool out_of_range = (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
                            (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
  return out_of_range ? 0 : length;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

/// Where a version stands; made once, since a number may be long.
struct Standing {
  const Version* version;
  bool of_the_kind;
  Decimal number;  ///< of what is compared by it; else 0
};

Standing standing_of(const Version& version, ValueOrder order) {
  if (version.tombstone || order == ValueOrder::bytes) return {&version, true, {}};
  if (order == ValueOrder::text) return {&version, is_utf8(version.value), {}};
  std::optional<Decimal> number = parse_decimal(version.value);
  return {&version, number.has_value(), number.value_or(Decimal())};
}

/// As ValueOrder has it: UTF-8 is made so that its bytes are in the order of its code points. Equal numbers may be
/// written in two ways, and are equal all the same.
std::strong_ordering compare_values(const Standing& a, const Standing& b, ValueOrder order) {
  if (order == ValueOrder::number && a.of_the_kind) return a.number <=> b.number;
  return a.version->value.compare(b.version->value) <=> 0;
}

}  // namespace

std::strong_ordering Decimal::operator<=>(const Decimal& other) const {
  if (sign != other.sign) return sign <=> other.sign;
  const auto magnitude = exponent != other.exponent ? exponent <=> other.exponent : digits.compare(other.digits) <=> 0;
  return sign < 0 ? 0 <=> magnitude : magnitude;
}

std::optional<Decimal> parse_decimal(std::string_view text) {
  text = trimmed(text);
  const bool minus = take_minus(text);
  Decimal decimal;
  decimal.digits = take_digits(text);
  std::int64_t before_point = static_cast<std::int64_t>(decimal.digits.size());
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    decimal.digits += take_digits(text);
  }
  if (decimal.digits.empty()) return std::nullopt;
  const std::optional<std::int64_t> exponent = take_exponent(text);
  if (!exponent || !text.empty()) return std::nullopt;
  const std::size_t leading = decimal.digits.find_first_not_of('0');
  if (leading == std::string::npos) return Decimal();
  decimal.digits.erase(decimal.digits.find_last_not_of('0') + 1);
  decimal.digits.erase(0, leading);
  decimal.sign = minus ? -1 : 1;
  decimal.exponent = before_point - static_cast<std::int64_t>(leading) + *exponent;
  return decimal;
}

std::unique_ptr<Resolver> Ranking::create(const Config& config, Extreme extreme, Status& why) {
  const std::string& order = config.text("order");
  if (order == "number") return std::make_unique<Ranking>(ValueOrder::number, extreme);
  if (order == "text") return std::make_unique<Ranking>(ValueOrder::text, extreme);
  if (order == "bytes") return std::make_unique<Ranking>(ValueOrder::bytes, extreme);
  why = Status(Code::invalid_argument, "order is \"" + order + "\", not \"number\", \"text\" or \"bytes\"");
  return nullptr;
}

Resolution Ranking::resolve(BytesView /*key*/, std::span<const Version> siblings) const {
  std::vector<Standing> standings;
  standings.reserve(siblings.size());
  for (const Version& version : siblings) standings.push_back(standing_of(version, order_));
  const auto loses = [this](const Standing& a, const Standing& b) {
    if (a.version->tombstone != b.version->tombstone) return a.version->tombstone;
    if (a.of_the_kind != b.of_the_kind) return b.of_the_kind;
    if (const auto values = compare_values(a, b, order_); values != 0)
      return extreme_ == Extreme::greatest ? values < 0 : values > 0;
    return std::tie(a.version->stamp, a.version->dot) < std::tie(b.version->stamp, b.version->dot);
  };
  const auto best = std::max_element(standings.begin(), standings.end(), loses);
  Resolution resolution;
  resolution.winner = static_cast<std::size_t>(best - standings.begin());
  resolution.tombstone = best->version->tombstone;
  resolution.resolved_by = extreme_ == Extreme::greatest ? "max" : "min";
  return resolution;
}

}  // namespace stator
