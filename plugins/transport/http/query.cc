#include "query.h"

#include <array>
#include <charconv>

#include "ascii.h"
#include "percent.h"

namespace stator::http {
namespace {

constexpr std::size_t kMaxKeyBytes = 4096;
constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;
constexpr std::int64_t kCenturyMs = 36525 * kDayMs;

std::optional<std::int64_t> number(BytesView text, std::int64_t largest) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 1 || value > largest) return std::nullopt;
  return value;
}

bool set_count(std::optional<int>& to, BytesView text) {
  const auto value = number(text, 1000);
  if (value) to = static_cast<int>(*value);
  return value.has_value();
}

bool set_duration(std::optional<Duration>& to, BytesView text, std::int64_t largest_ms) {
  const auto value = number(text, largest_ms);
  if (value) to = std::chrono::milliseconds(*value);
  return value.has_value();
}

struct Parameter {
  BytesView name;
  const char* allowed;
  bool (*set)(Query& query, BytesView value);
};

constexpr std::array<Parameter, 9> kParameters{{
    {"r", "a number of replicas", [](Query& query, BytesView value) { return set_count(query.r, value); }},
    {"w", "a number of replicas", [](Query& query, BytesView value) { return set_count(query.w, value); }},
    {"timeout_ms", "1 to 86400000",
     [](Query& query, BytesView value) { return set_duration(query.timeout, value, kDayMs); }},
    {"ttl_ms", kTtlForm,
     [](Query& query, BytesView value) {
       query.ttl = parse_ttl(value);
       return query.ttl.has_value();
     }},
    {"consistency", "one, quorum or all",
     [](Query& query, BytesView value) {
       if (value == "one") query.consistency = Consistency::one;
       if (value == "quorum") query.consistency = Consistency::quorum;
       if (value == "all") query.consistency = Consistency::all;
       return query.consistency != Consistency::keyspace;
     }},
    {"raw", "true or false",
     [](Query& query, BytesView value) {
       if (value.empty() || value == "true" || value == "1") query.raw = true;
       if (value == "false" || value == "0") query.raw = false;
       return query.raw.has_value();
     }},
    {"opId", "1 to 128 bytes",
     [](Query& query, BytesView value) {
       query.op_id = value;
       return !value.empty() && value.size() <= 128;
     }},
    {"key", "1 to 4096 bytes",
     [](Query& query, BytesView value) {
       query.key = value;
       return !value.empty() && value.size() <= kMaxKeyBytes;
     }},
    {"keyspace", "a keyspace's name",
     [](Query& query, BytesView value) {
       query.keyspace = value;
       return !value.empty();
     }},
}};

}  // namespace

std::optional<Duration> parse_ttl(BytesView text) {
  std::optional<Duration> ttl;
  set_duration(ttl, text, kCenturyMs);
  return ttl;
}

std::variant<Query, Refusal> parse_query(BytesView text) {
  Query query;
  std::array<bool, kParameters.size()> seen{};
  while (!text.empty()) {
    BytesView item = take_until(text, '&');
    const BytesView name = take_until(item, '=');
    for (std::size_t i = 0; i < kParameters.size(); ++i) {
      const Parameter& parameter = kParameters[i];
      if (parameter.name != name) continue;
      const auto value = percent_decoded(item);
      if (seen[i] || !value || !parameter.set(query, *value)) {
        return malformed("query parameter " + std::string(name) + (seen[i] ? " is given twice" : " must be ") +
                         (seen[i] ? "" : parameter.allowed));
      }
      seen[i] = true;
    }
  }
  return query;
}

}  // namespace stator::http
