#pragma once

#include "stator/plugin.h"
#include "stator/transport.h"

namespace fake {

/// Reaches nobody.
struct Mute final : stator::Transport {
  stator::Status start(const std::string&, stator::Clients*, stator::Peers*) override { return {}; }
  std::string address() const override { return {}; }
  void call(const std::string&, stator::Frame, stator::TimePoint, Done) override {}
  void stop() override {}
};

}  // namespace fake
