#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stator/host.h"

namespace stator {

/// "500ms", "2s", "1h": a whole number and one of ns, us, ms, s, m, h, d. Absent: it is none, or past 292 years.
std::optional<Duration> parse_duration(std::string_view text);

/// "64MiB", "10KB", "4096": a whole number and one of B, KB, MB, GB, TB (powers of 1000), KiB, MiB, GiB, TiB (of 1024)
/// or nothing. Absent: it is none, or past 2^63 - 1.
std::optional<std::uint64_t> parse_byte_count(std::string_view text);

/// What the two take, for messages.
inline constexpr const char* kDurationForm = "a duration such as \"500ms\", \"2s\" or \"1h\"";
inline constexpr const char* kByteCountForm = "a size such as \"64MiB\", \"10KB\" or 4096";

}  // namespace stator
