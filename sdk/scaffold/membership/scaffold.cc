#include <algorithm>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "stator/membership.h"
#include "stator/plugin.h"

namespace {

using namespace stator;

/// The configured nodes are the members, and all are taken to be alive. Change that where you learn better: then call
/// on_change_, from a task of the host (host.post, host.after) or from receive().
class ScaffoldMembership final : public Membership {
 public:
  // Called on the first loop, as all but members() are. Law: on_change is never called inside it.
  Status start(const std::string& self, std::vector<Member> configured, Links& /*links*/, OnChange on_change) override {
    std::sort(configured.begin(), configured.end(), [](const Member& a, const Member& b) { return a.id < b.id; });
    const bool listed = std::any_of(configured.begin(), configured.end(), [&](auto& each) { return each.id == self; });
    if (!listed) return {Code::invalid_argument, self + " is not among the configured nodes"};
    on_change_ = std::move(on_change);
    const std::lock_guard lock(mutex_);
    members_ = std::move(configured);
    return Status::ok();
  }

  // Law: ascending by id, this node itself among them; no member's incarnation ever goes back. Any thread asks.
  std::vector<Member> members() const override {
    const std::lock_guard lock(mutex_);
    return members_;
  }

  // Law: any bytes may come, in anybody's name. What this plugin sends with links.send() arrives here, or is lost.
  void receive(const std::string& /*from*/, BytesView /*message*/) override {}
  void leave() override {}

  // Law: nothing is called back after it; it may be called twice. Timers of the host are to be cancelled here.
  void stop() override { on_change_ = nullptr; }

 private:
  OnChange on_change_;
  mutable std::mutex mutex_;
  std::vector<Member> members_;
};

}  // namespace

STATOR_PLUGIN(stator::Membership, ScaffoldMembership, .name = "scaffold", .version = "1.0.0",
              .capabilities = "deterministic");
