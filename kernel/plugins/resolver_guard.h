#pragma once

#include <cstdint>
#include <string>

#include "kernel/plugins/fault_log.h"
#include "kernel/plugins/instance.h"
#include "stator/resolver.h"

namespace stator {

/// A resolver that cannot hurt: it throws nothing and names no sibling that is not there. [concurrent]
class ResolverGuard final : public Resolver {
 public:
  /// `total_order`: the plugin claims that the answer is always one of the siblings, and is held to it.
  ResolverGuard(Instance<Resolver> resolver, Host& host, std::string label, bool total_order)
      : resolver_(std::move(resolver)), faults_(host, std::move(label)), total_order_(total_order) {}

  /// internal when the plugin threw or named a winner that is none.
  Result<Resolution> try_resolve(BytesView key, std::span<const Version> siblings) const;
  /// The same, but a fault shows the newest version, resolved by "fault": a resolver that fails on some key must not
  /// make that key unreadable, nor unwritable.
  Resolution resolve(BytesView key, std::span<const Version> siblings) const override;
  bool total_order() const { return total_order_; }
  std::uint64_t faults() const { return faults_.count(); }

 private:
  Instance<Resolver> resolver_;
  mutable FaultLog faults_;
  const bool total_order_;
};

/// The version with the greatest (stamp, dot), as a resolution by "fault".
Resolution fault_resolution(std::span<const Version> siblings);

}  // namespace stator
