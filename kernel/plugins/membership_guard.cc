#include "kernel/plugins/membership_guard.h"

#include <algorithm>

namespace stator {

Status MembershipGuard::start(const std::string& self, std::vector<Member> configured, Links& links,
                              OnChange on_change) {
  {
    std::lock_guard lock(mutex_);
    last_ = configured;
    std::sort(last_.begin(), last_.end(), [](const Member& a, const Member& b) { return a.id < b.id; });
  }
  return guarded(faults_, "start",
                 [&] { return membership_->start(self, std::move(configured), links, std::move(on_change)); });
}

std::vector<Member> MembershipGuard::members() const {
  auto listed = guarded(faults_, "members", [&]() -> Result<std::vector<Member>> { return membership_->members(); });
  std::lock_guard lock(mutex_);
  if (listed.is_ok()) last_ = std::move(*listed);
  return last_;
}

void MembershipGuard::receive(const std::string& from, BytesView message) {
  guarded(
      faults_, "receive", [&] { membership_->receive(from, message); }, [](const Status&) {});
}

void MembershipGuard::leave() {
  guarded(
      faults_, "leave", [&] { membership_->leave(); }, [](const Status&) {});
}

void MembershipGuard::stop() {
  guarded(
      faults_, "stop", [&] { membership_->stop(); }, [](const Status&) {});
}

}  // namespace stator
