#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "kernel/plugins/fault_log.h"
#include "kernel/plugins/instance.h"
#include "stator/membership.h"

namespace stator {

/// A membership that throws nothing. When the plugin fails to list the members, the last list it gave stands: an empty
/// one would take every node off the ring. Threads as Membership.
class MembershipGuard final : public Membership {
 public:
  MembershipGuard(Instance<Membership> membership, Host& host, std::string label)
      : membership_(std::move(membership)), faults_(host, std::move(label)) {}

  Status start(const std::string& self, std::vector<Member> configured, Links& links, OnChange on_change) override;
  std::vector<Member> members() const override;
  void receive(const std::string& from, BytesView message) override;
  void leave() override;
  void stop() override;
  std::uint64_t faults() const { return faults_.count(); }

 private:
  Instance<Membership> membership_;
  mutable FaultLog faults_;
  mutable std::mutex mutex_;
  mutable std::vector<Member> last_;  ///< guarded by mutex_; the configured ones until the plugin gave a list
};

}  // namespace stator
