#include "tests/simulation/histories/shrink.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace stator::simulation {
namespace {

/// Tries smaller plans and keeps the smallest that fails.
class Search {
 public:
  Search(Plan plan, const RunOptions& options, std::size_t most_runs)
      : options_(options), most_runs_(most_runs), best_{std::move(plan), {}, 0} {
    best_.verdict = run_history(best_.plan, options_);
  }

  Shrunk run() {
    drop_later_rounds();
    for (std::size_t before = 0; before != size() && !spent();) {
      before = size();
      thin_out(&Plan::faults);
      thin_out(&Plan::requests);
      thin_out(&Plan::operations);
    }
    return std::move(best_);
  }

 private:
  std::size_t size() const {
    return best_.plan.faults.size() + best_.plan.requests.size() + best_.plan.operations.size();
  }
  bool spent() const { return best_.runs >= most_runs_; }

  bool accept(Plan smaller) {
    ++best_.runs;
    Verdict verdict = run_history(smaller, options_);
    if (!verdict.violation) return false;
    best_.plan = std::move(smaller);
    best_.verdict = std::move(verdict);
    return true;
  }

  void drop_later_rounds() {
    while (best_.plan.configuration.rounds > 1 && !spent()) {
      Plan smaller = best_.plan;
      const std::size_t last = --smaller.configuration.rounds;
      std::erase_if(smaller.faults, [last](const FaultStep& step) { return step.round == last; });
      std::erase_if(smaller.requests, [last](const RequestStep& step) { return step.round == last; });
      std::erase_if(smaller.operations, [last](const OperationStep& step) { return step.round == last; });
      if (!accept(std::move(smaller))) return;
    }
  }

  // Without each share of the steps in turn; where nothing can go, shares are halved.
  template <typename Step>
  void thin_out(std::vector<Step> Plan::*steps) {
    std::size_t share = std::max<std::size_t>((best_.plan.*steps).size() / 2, 1);
    for (;;) {
      for (std::size_t from = 0; from < (best_.plan.*steps).size() && !spent();) {
        Plan smaller = best_.plan;
        auto& left = smaller.*steps;
        const std::size_t to = std::min(from + share, left.size());
        left.erase(left.begin() + static_cast<std::ptrdiff_t>(from), left.begin() + static_cast<std::ptrdiff_t>(to));
        if (!accept(std::move(smaller))) from = to;
      }
      if (share == 1 || spent()) return;
      share /= 2;
    }
  }

  const RunOptions options_;
  const std::size_t most_runs_;
  Shrunk best_;
};

}  // namespace

Shrunk shrink(Plan plan, const RunOptions& options, std::size_t most_runs) {
  return Search(std::move(plan), options, most_runs).run();
}

}  // namespace stator::simulation
