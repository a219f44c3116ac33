#include "tests/simulation/histories/trial_command.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <iostream>
#include <optional>

#include "kernel/invariant.h"
#include "tests/simulation/histories/history.h"
#include "tests/simulation/histories/report.h"
#include "tests/simulation/histories/shrink.h"
#include "tests/simulation/histories/tried_plugin.h"

namespace stator::simulation {
namespace {

constexpr int kUsage = 2;
constexpr int kUnfit = 78;
constexpr unsigned kPatienceSeconds = 600;  // with one history
constexpr std::uint64_t kOneInTwice = 8;

std::string replay_of(const TrialArguments& arguments, std::uint64_t seed) {
  std::string text = "stator plugin simulate " + arguments.file;
  for (const std::string& option : arguments.options) text += " --option '" + option + "'";
  return text + " --seed " + std::to_string(seed);
}

/// The process that runs the histories. `at` is the seed that is being run, for those who outlive it.
class Trial {
 public:
  Trial(const TrialArguments& arguments, const TriedPlugin& tried, volatile std::uint64_t& at)
      : arguments_(arguments), tried_(tried), at_(at) {
    tried.demand(plan_options_);
    options_.tried = &tried;
  }

  int run() {
    const Duration enough(static_cast<std::int64_t>(arguments_.hours * 3600e9));
    std::uint64_t seed = arguments_.seed;
    for (; seed == arguments_.seed || time_ < enough; ++seed) {
      at_ = seed;
      alarm(kPatienceSeconds);
      if (!one(seed)) return 1;
    }
    std::cout << tried_.plugin().label() << " survived seeds " << arguments_.seed << " to " << seed - 1 << "\n"
              << totals(seed - arguments_.seed, time_, tally_) << std::flush;
    return 0;
  }

 private:
  bool one(std::uint64_t seed) {
    const Plan plan = make_plan(seed, plan_options_);
    const Verdict verdict = run_history(plan, options_);
    time_ += verdict.virtual_time;
    tally_.add(verdict.tally);
    const bool twice = verdict.violation || seed % kOneInTwice == 0 || seed == arguments_.seed;
    if (twice && run_history(plan, options_).digest != verdict.digest) {
      std::cout << tried_.plugin().label() << " is not deterministic: seed " << seed
                << " makes two histories, so it has time, chance or memory of its own\n"
                << "replay: " << replay_of(arguments_, seed) << "\n"
                << std::flush;
      return false;
    }
    if (!verdict.violation) return true;
    RunOptions traced = options_;
    traced.trace = true;
    std::cout << tried_.plugin().label() << " does not survive\n"
              << failure_report(plan, verdict, shrink(plan, traced, arguments_.shrink_runs),
                                replay_of(arguments_, seed))
              << std::flush;
    return false;
  }

  const TrialArguments& arguments_;
  const TriedPlugin& tried_;
  volatile std::uint64_t& at_;
  PlanOptions plan_options_;
  RunOptions options_;
  Duration time_{0};
  Tally tally_;
};

}  // namespace

int run_trial(const TrialArguments& arguments) {
  const auto refuse = [](const Status& why, int code) {
    std::cerr << "stator: " << why.message() << "\n";
    return code;
  };
  const Result<std::unique_ptr<TriedPlugin>> tried = TriedPlugin::load(arguments.file, arguments.options);
  if (!tried.is_ok()) return refuse(tried.status(), tried.status().code() == Code::invalid_argument ? kUsage : kUnfit);
  void* shared = mmap(nullptr, sizeof(std::uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  STATOR_INVARIANT(shared != MAP_FAILED, "a page can be had");
  auto& at = *new (shared) volatile std::uint64_t(arguments.seed);
  const pid_t child = fork();
  STATOR_INVARIANT(child >= 0, "a process can be had");
  if (child == 0) _exit(Trial(arguments, **tried, at).run());
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  std::cout << (*tried)->plugin().label()
            << (WTERMSIG(status) == SIGALRM
                    ? std::string(" does not come to an end")
                    : std::string(" ends its process by \"") + strsignal(WTERMSIG(status)) + "\"")
            << " in the history of seed " << at << "\n"
            << "replay: " << replay_of(arguments, at) << "\n";
  return 1;
}

}  // namespace stator::simulation
