#pragma once

#include <compare>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "stator/plugin.h"
#include "stator/resolver.h"
#include "stator/status.h"

namespace stator {

/// A decimal number of any length, exactly: 0.digits * 10^exponent, of either sign. A plain value.
struct Decimal {
  int sign = 0;  ///< -1, 0 or 1
  std::int64_t exponent = 0;
  std::string digits;  ///< none of a zero; the first and the last are not '0'
  std::strong_ordering operator<=>(const Decimal& other) const;
  bool operator==(const Decimal&) const = default;
};

/// "-12", "+1.50", ".5", "6.02e23", with blanks around it or not; nothing for any other text, and for exponents of more
/// than nine digits.
std::optional<Decimal> parse_decimal(std::string_view text);

/// Which values are compared how: by what they say as numbers, as texts, or as bytes.
enum class ValueOrder { number, text, bytes };
enum class Extreme { least, greatest };

/// The plugins `max` and `min`: the greatest or the least value of concurrent ones wins.
///
/// The order is total: a version that is a removal loses against any that is none; a value that is not of the order's
/// kind (no number, no UTF-8) loses against any that is; then the values decide, of those not of the kind their bytes;
/// and of equal values the newer stamp, then the greater dot.
class Ranking final : public Resolver {
 public:
  Ranking(ValueOrder order, Extreme extreme) : order_(order), extreme_(extreme) {}
  /// From the option `order`; null, and why, if that says none of the three.
  static std::unique_ptr<Resolver> create(const Config& config, Extreme extreme, Status& why);

  Resolution resolve(BytesView key, std::span<const Version> siblings) const override;

 private:
  const ValueOrder order_;
  const Extreme extreme_;
};

/// What both plugins declare.
inline constexpr stator_option kRankingOptions[] = {
    {"order", "string", "bytes", "what is compared: \"number\" (decimal), \"text\" (UTF-8 by code point) or \"bytes\""},
    {nullptr, nullptr, nullptr, nullptr}};

}  // namespace stator
