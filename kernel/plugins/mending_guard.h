#pragma once

#include <string>

#include "kernel/plugins/fault_log.h"
#include "stator/mending.h"

namespace stator {

/// A Mending that throws nothing. Threads as Mending.
class MendingGuard final : public Mending {
 public:
  /// The mending and the host outlive it.
  MendingGuard(Mending& mending, Host& host, std::string label) : mending_(mending), faults_(host, std::move(label)) {}

  bool met_damage() const override;
  Result<std::vector<KeyRange>> survey() override;
  Status give_up() override;

 private:
  Mending& mending_;
  mutable FaultLog faults_;
};

}  // namespace stator
