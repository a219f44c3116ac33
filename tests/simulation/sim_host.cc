#include "tests/simulation/sim_host.h"

#include <algorithm>

namespace stator::simulation {

Stamp SimHost::stamp() {
  last_stamp_ = std::max(Stamp::from_millis(executor_.wall_millis()), Stamp{last_stamp_.bits + 1});
  return last_stamp_;
}

}  // namespace stator::simulation
