#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "stator/membership.h"
#include "stator/plugin.h"

namespace stator {
namespace {

/// The members are the configured nodes, for ever, and all are taken to be alive: it sends nothing, hears nothing and
/// has no news. Who cannot be reached is found out by each request anew.
class StaticMembership final : public Membership {
 public:
  Status start(const std::string& self, std::vector<Member> configured, Links& /*links*/,
               OnChange /*on_change*/) override {
    std::sort(configured.begin(), configured.end(), [](const Member& a, const Member& b) { return a.id < b.id; });
    auto same = [](const Member& a, const Member& b) { return a.id == b.id; };
    auto twice = std::adjacent_find(configured.begin(), configured.end(), same);
    if (twice != configured.end()) return {Code::invalid_argument, "node " + twice->id + " is configured twice"};
    bool listed =
        std::any_of(configured.begin(), configured.end(), [&](const Member& each) { return each.id == self; });
    if (!listed) return {Code::invalid_argument, "this node, " + self + ", is not among the configured ones"};
    for (Member& member : configured) member.state = MemberState::alive;
    members_ = std::move(configured);
    return Status::ok();
  }
  std::vector<Member> members() const override { return members_; }
  void receive(const std::string& /*from*/, BytesView /*message*/) override {}
  void leave() override {}
  void stop() override {}

 private:
  std::vector<Member> members_;  ///< ascending by id; written by start alone
};

}  // namespace
}  // namespace stator

STATOR_PLUGIN(stator::Membership, stator::StaticMembership, .name = "static", .version = "1.0.0",
              .capabilities = "deterministic");
