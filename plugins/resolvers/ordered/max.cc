#include "ranking.h"

namespace stator {
namespace {

struct Max final : Resolver {
  static std::unique_ptr<Resolver> create(Host& /*host*/, const Config& config, Status& why) {
    return Ranking::create(config, Extreme::greatest, why);
  }
};

}  // namespace
}  // namespace stator

STATOR_PLUGIN(stator::Resolver, stator::Max, .name = "max", .version = "1.0.0",
              .capabilities = "total-order,deterministic", .options = stator::kRankingOptions);
