#pragma once

#include <cstdint>
#include <string>

#include "kernel/plugins/call_times.h"
#include "kernel/plugins/fault_log.h"
#include "kernel/plugins/instance.h"
#include "stator/resolver.h"

namespace stator {

/// A resolver that cannot hurt: it throws nothing, and what it says makes sense and does not hang on the order of the
/// siblings, for it is asked twice. One that keeps taking too long is left out for a while, and one that does not
/// return is ended and left out for good, since it holds a loop. [concurrent]
class ResolverGuard final : public Resolver {
 public:
  /// What a client could write as a value's type.
  static constexpr std::size_t kLongestType = 1024;

  /// `total_order`: the plugin claims that the answer is always one of the siblings, and is held to it. `watch`: what
  /// ends its calls; null for nothing.
  ResolverGuard(Instance<Resolver> resolver, Host& host, std::string label, bool total_order,
                CallWatch* watch = nullptr)
      : resolver_(std::move(resolver)),
        faults_(host, label),
        times_(host, label, {"concurrent versions show the newest meanwhile", watch, resolver_.code()}),
        total_order_(total_order) {}
  ~ResolverGuard() override {
    if (times_.given_up()) resolver_.abandon();
  }

  /// internal when the plugin threw, answered nonsense (a value above `max_value_bytes` is that too: nobody could write
  /// it back), contradicted itself or did not return; unavailable while it is left out.
  Result<Resolution> try_resolve(BytesView key, std::span<const Version> siblings,
                                 std::uint64_t max_value_bytes = UINT64_MAX) const;
  /// The same, but a fault shows the newest version, resolved by "fault": a resolver that fails on some key must not
  /// make that key unreadable, nor unwritable.
  Resolution resolve(BytesView key, std::span<const Version> siblings) const override;
  bool total_order() const { return total_order_; }
  std::uint64_t faults() const { return faults_.count(); }
  /// Calls that took longer than CallTimes::kBudget.
  std::uint64_t overruns() const { return times_.overruns(); }

 private:
  std::string nonsense(const Resolution& resolution, std::size_t siblings, std::uint64_t max_value_bytes) const;

  Instance<Resolver> resolver_;
  mutable FaultLog faults_;
  mutable CallTimes times_;
  const bool total_order_;
};

/// The version with the greatest (stamp, dot), as a resolution by "fault".
Resolution fault_resolution(std::span<const Version> siblings);

}  // namespace stator
