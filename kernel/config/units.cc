#include "kernel/config/units.h"

#include <charconv>
#include <limits>
#include <span>

namespace stator {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t size;
};

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr Unit kDurations[] = {{"ns", 1},           {"us", 1'000},         {"ms", 1'000'000},     {"s", kSecond},
                               {"m", 60 * kSecond}, {"h", 3600 * kSecond}, {"d", 86400 * kSecond}};
constexpr std::int64_t kKilo = 1000;
constexpr std::int64_t kKibi = 1024;
constexpr Unit kSizes[] = {{"", 1},
                           {"B", 1},
                           {"KB", kKilo},
                           {"MB", kKilo* kKilo},
                           {"GB", kKilo* kKilo* kKilo},
                           {"TB", kKilo* kKilo* kKilo* kKilo},
                           {"KiB", kKibi},
                           {"MiB", kKibi* kKibi},
                           {"GiB", kKibi* kKibi* kKibi},
                           {"TiB", kKibi* kKibi* kKibi* kKibi}};

std::optional<std::int64_t> measure(std::string_view text, std::span<const Unit> units) {
  std::int64_t count = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || count < 0) return std::nullopt;
  std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
  for (const Unit& unit : units) {
    if (unit.name != name) continue;
    if (count > std::numeric_limits<std::int64_t>::max() / unit.size) return std::nullopt;
    return count * unit.size;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  auto nanoseconds = measure(text, kDurations);
  if (!nanoseconds) return std::nullopt;
  return Duration(*nanoseconds);
}

std::optional<std::uint64_t> parse_byte_count(std::string_view text) {
  auto bytes = measure(text, kSizes);
  if (!bytes) return std::nullopt;
  return static_cast<std::uint64_t>(*bytes);
}

}  // namespace stator
