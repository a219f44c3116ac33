// A membership of nobody.

#include "stator/membership.h"
#include "stator/plugin.h"

namespace fake {

struct Forever final : stator::Membership {
  stator::Status start(const std::string&, std::vector<stator::Member>, stator::Links&, OnChange) override {
    return {};
  }
  std::vector<stator::Member> members() const override { return {}; }
  void receive(const std::string&, stator::BytesView) override {}
  void leave() override {}
  void stop() override {}
};

}  // namespace fake

STATOR_PLUGIN(stator::Membership, fake::Forever, .name = "forever", .version = "1.0.0");
