#include "kernel/plugins/resolver_guard.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <vector>

namespace stator {
namespace {

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

/// Whether two answers mean the same, each about siblings in its own order.
bool same(const Resolution& a, std::span<const Version> of_a, const Resolution& b, std::span<const Version> of_b) {
  if (a.winner.has_value() != b.winner.has_value() || a.unresolved != b.unresolved || a.resolved_by != b.resolved_by)
    return false;
  if (a.winner) return *b.winner < of_b.size() && of_a[*a.winner].dot == of_b[*b.winner].dot;
  return a.unresolved || (a.tombstone == b.tombstone && a.value == b.value && a.content_type == b.content_type);
}

}  // namespace

std::string ResolverGuard::nonsense(const Resolution& resolution, std::size_t siblings,
                                    std::uint64_t max_value_bytes) const {
  if (resolution.resolved_by.empty() || has_control_characters(resolution.resolved_by))
    return "it does not say what it resolved by";
  if (resolution.winner && *resolution.winner >= siblings) return "its winner is not one of the siblings";
  if (resolution.winner && resolution.unresolved) return "it names a winner and leaves open which one wins";
  if (total_order_ && !resolution.winner) return "it claims a total order and named no winner";
  if (resolution.winner || resolution.unresolved) return {};
  if (resolution.tombstone && !resolution.value.empty()) return "it made a removal with a value";
  if (resolution.value.size() > max_value_bytes)
    return "it made a value of " + std::to_string(resolution.value.size()) +
           " bytes, which is more than max_value_bytes";
  if (resolution.content_type.size() > kLongestType || has_control_characters(resolution.content_type))
    return "it made a content type that is none";
  return {};
}

Result<Resolution> ResolverGuard::try_resolve(BytesView key, std::span<const Version> siblings,
                                              std::uint64_t max_value_bytes) const {
  if (Status admitted = times_.admit(); !admitted.is_ok()) return admitted;
  return guarded(faults_, "resolve", [&]() -> Result<Resolution> {
    const auto ask = [&](std::span<const Version> of) {
      return times_.measure("resolve", [&] { return resolver_->resolve(key, of); });
    };
    std::optional<Resolution> resolution = ask(siblings);
    if (!resolution) return faults_.record("resolve", CallTimes::kEnded);
    if (const std::string wrong = nonsense(*resolution, siblings.size(), max_value_bytes); !wrong.empty())
      return faults_.record("resolve", wrong);
    const std::vector<Version> turned(siblings.rbegin(), siblings.rend());
    const std::optional<Resolution> again = ask(turned);
    if (!again) return faults_.record("resolve", CallTimes::kEnded);
    if (!same(*resolution, siblings, *again, turned))
      return faults_.record("resolve", "it answers otherwise when the same siblings come in another order");
    return std::move(*resolution);
  });
}

Resolution ResolverGuard::resolve(BytesView key, std::span<const Version> siblings) const {
  Result<Resolution> resolution = try_resolve(key, siblings);
  return resolution.is_ok() ? std::move(*resolution) : fault_resolution(siblings);
}

Resolution fault_resolution(std::span<const Version> siblings) {
  Resolution shown;
  shown.resolved_by = "fault";
  auto newest = std::max_element(siblings.begin(), siblings.end(), [](const Version& a, const Version& b) {
    return std::tie(a.stamp, a.dot) < std::tie(b.stamp, b.dot);
  });
  if (newest == siblings.end()) return shown;
  shown.winner = static_cast<std::size_t>(newest - siblings.begin());
  shown.tombstone = newest->tombstone;
  return shown;
}

}  // namespace stator
