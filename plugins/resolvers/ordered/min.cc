#include "ranking.h"

namespace stator {
namespace {

struct Min final : Resolver {
  static std::unique_ptr<Resolver> create(Host& /*host*/, const Config& config, Status& why) {
    return Ranking::create(config, Extreme::least, why);
  }
};

}  // namespace
}  // namespace stator

STATOR_PLUGIN(stator::Resolver, stator::Min, .name = "min", .version = "1.0.0",
              .capabilities = "total-order,deterministic", .options = stator::kRankingOptions);
