#include "dot_stores/counter.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace stator::dot_stores {
namespace {

using Wide = __int128;  // 2^64 items do not overflow it

bool fits(Wide number) {
  using Limits = std::numeric_limits<std::int64_t>;
  return number >= Limits::min() && number <= Limits::max();
}

std::string decimal(Wide number) {
  std::string reversed;
  for (Wide left = number; left != 0; left /= 10) {
    const int digit = static_cast<int>(left % 10);
    reversed += static_cast<char>('0' + (digit < 0 ? -digit : digit));
  }
  if (number == 0) return "0";
  if (number < 0) reversed += '-';
  return {reversed.rbegin(), reversed.rend()};
}

std::optional<std::int64_t> parse(BytesView text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

template <typename Wanted>
Result<Wide> sum_of(std::span<const Item> items, Wanted wanted) {
  Wide sum = 0;
  for (const Item& item : items) {
    const std::optional<std::int64_t> part = parse(item.value);
    if (!part) return Status(Code::data_loss, "an item of a counter is no number");
    if (wanted(item)) sum += *part;
  }
  return sum;
}

/// What is to be counted: `by`, or 1.
Result<Wide> step_of(const Json& call) {
  const bool down = call["op"] == "decrement";
  if (!down && call["op"] != "increment") return unknown_operation(call);
  Status status = expect_members(call, {}, {"by"});
  if (!status.is_ok()) return status;
  const Json by = call.value("by", Json(1));
  const bool whole = by.is_number_integer() && (!by.is_number_unsigned() || fits(by.get<std::uint64_t>()));
  if (!whole) return Status(Code::invalid_argument, "\"by\" takes a whole number of 64 bits, with sign");
  return down ? -Wide(by.get<std::int64_t>()) : Wide(by.get<std::int64_t>());
}

}  // namespace

Status update_counter(Draft& draft, BytesView field, const Json& call) {
  const Result<Wide> step = step_of(call);
  if (!step.is_ok()) return step.status();
  const std::span<const Item> items = draft.items().at(field);
  const Result<Wide> all = sum_of(items, [](const Item&) { return true; });
  const Result<Wide> own = sum_of(items, [&](const Item& item) { return draft.is_own(item); });
  if (!all.is_ok()) return all.status();
  if (!fits(*own + *step) || !fits(*all + *step))
    return {Code::failed_precondition, "the counter is " + decimal(*all) + " and would leave 64 bits"};
  for (const Item& item : items) {
    if (draft.is_own(item)) draft.replace(item);
  }
  draft.add(Bytes(field), decimal(*own + *step));
  return Status::ok();
}

Result<Bytes> read_counter(std::span<const Item> items) {
  const Result<Wide> sum = sum_of(items, [](const Item&) { return true; });
  if (!sum.is_ok()) return sum.status();
  return decimal(*sum);
}

}  // namespace stator::dot_stores
