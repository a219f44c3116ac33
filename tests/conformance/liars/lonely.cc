// Bears no second instance. A transport for clients, since no law makes two of those.
#include <atomic>
#include <memory>

#include "stator/plugin.h"
#include "stator/transport.h"

namespace {

std::atomic<int> alive = 0;

struct Lonely final : stator::Transport {
  static std::unique_ptr<stator::Transport> create(stator::Host&, const stator::Config&, stator::Status& why) {
    if (alive == 0) return std::make_unique<Lonely>();
    why = stator::Status(stator::Code::internal, "there is one already");
    return nullptr;
  }
  Lonely() { ++alive; }
  ~Lonely() override { --alive; }
  stator::Status start(const std::string&, stator::Clients*, stator::Peers*) override { return {}; }
  std::string address() const override { return {}; }
  void call(const std::string&, stator::Frame, stator::TimePoint, Done) override {}
  void stop() override {}
};

}  // namespace

STATOR_PLUGIN(stator::Transport, Lonely, .name = "lonely", .version = "1.0.0", .capabilities = "clients");
