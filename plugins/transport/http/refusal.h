#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "stator/requests.h"

namespace stator::http {

/// An error as HTTP tells it: {"error": name, "message": …}, and the headers that go with the status.
struct Refusal {
  int status = 500;
  std::string_view name;  ///< a literal
  std::string message;
  std::string_view allow;  ///< a literal: the methods there are, for 405
  std::optional<int> required;
  std::optional<int> acked;
};

inline Refusal malformed(std::string message) { return {400, "invalid_argument", std::move(message), {}, {}, {}}; }
inline Refusal too_large(std::string message) { return {413, "too_large", std::move(message), {}, {}, {}}; }

/// The kernel's failure in HTTP's terms, as the contract names them.
Refusal refusal_of(const Failure& failure);

}  // namespace stator::http
