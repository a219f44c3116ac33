#include "tests/simulation/histories/command.h"

#include <cstdint>
#include <ctime>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

#include "tests/simulation/histories/catalogue.h"
#include "tests/simulation/histories/directed_plans.h"
#include "tests/simulation/histories/history.h"
#include "tests/simulation/histories/report.h"
#include "tests/simulation/histories/shrink.h"
#include "tests/simulation/histories/trial_command.h"

namespace stator::simulation {
namespace {

struct Arguments {
  std::uint64_t seed = 1;
  std::uint64_t count = 1;
  double hours = 0;  ///< of virtual time; 0: by `count`
  std::size_t shrink_runs = 300;
  bool trace = false;
  bool bench = false;
  bool coverage = false;  ///< fail when something was never met
  bool quiet = false;
  bool list_bugs = false;
  bool catalogue = false;
  CatalogueOptions of_catalogue;
  std::string bug;
  TrialArguments trial;
  PlanOptions plan;
  RunOptions run;
};

constexpr std::uint64_t kDirectedSeeds = 5;  // of each

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

#ifdef STATOR_WITH_SEEDED_BUGS
bool choose_bug(const std::string& name) {
  bool known = name.empty();
  for (const CatalogueBug& bug : catalogue_bugs()) {
    if (bug.name != name) continue;
    bug.make();
    known = true;
  }
  return known;
}

void list_bugs() {
  for (const CatalogueBug& bug : catalogue_bugs()) std::cout << bug.name << ": " << bug.meaning << "\n";
}
#endif

/// Runs histories from a first seed on, until a violation, and adds them up.
class Series {
 public:
  explicit Series(const Arguments& arguments) : arguments_(arguments) {}

  int run() {
    const Duration enough(static_cast<std::int64_t>(arguments_.hours * 3600e9));
    for (std::uint64_t seed = arguments_.seed;; ++seed) {
      if (enough.count() > 0 ? time_ >= enough : histories_ == arguments_.count) break;
      if (!one(arguments_.plan, seed)) return 1;
    }
    if (arguments_.coverage && !run_directed()) return 1;
    return end();
  }

 private:
  // For what chance seldom meets.
  bool run_directed() {
    PlanOptions directed;
    for (const std::string& name : directed_plans()) {
      directed.directed = name;
      for (std::uint64_t seed = 1; seed <= kDirectedSeeds; ++seed) {
        if (!one(directed, seed)) return false;
      }
    }
    return true;
  }

  bool one(const PlanOptions& made_by, std::uint64_t seed) {
    const Plan plan = make_plan(seed, made_by);
    RunOptions options = arguments_.run;
    options.trace = arguments_.trace;
    const Verdict verdict = run_history(plan, options);
    ++histories_;
    time_ += verdict.virtual_time;
    tally_.add(verdict.tally);
    std::cout << verdict.trace;
    if (!verdict.violation) {
      if (!arguments_.quiet) std::cout << summary(plan, verdict);
      return true;
    }
    options.trace = true;
    std::cout << failure_report(plan, verdict, shrink(plan, options, arguments_.shrink_runs),
                                replay_command(seed, made_by, arguments_.bug));
    return false;
  }

  int end() {
    if (histories_ > 1) std::cout << totals(histories_, time_, tally_);
    if (arguments_.bench) {
      const double spent = cpu_seconds() - begun_;
      std::cout << spent << " CPU seconds, " << std::chrono::duration<double>(time_).count() / spent
                << " virtual seconds in one\n";
    }
    const std::string missed = arguments_.coverage ? never_met(tally_) : "";
    if (!missed.empty()) std::cout << "never met: " << missed << "\n";
    return missed.empty() ? 0 : 1;
  }

  const Arguments& arguments_;
  const double begun_ = cpu_seconds();
  std::uint64_t histories_ = 0;
  Duration time_{0};
  Tally tally_;
};

void declare(CLI::App& app, Arguments& arguments, std::string& range) {
  app.add_option("--seed", arguments.seed, "the first, or only, history");
  app.add_option("--count", arguments.count, "how many, from that seed on");
  app.add_option("--seeds", range, "A..B, both included");
  app.add_option("--hours", arguments.hours, "go on until that much virtual time has passed");
  app.add_option("--shrink", arguments.shrink_runs, "runs to spend on shortening a history that fails");
  app.add_flag("--trace", arguments.trace, "print every event");
  app.add_option("--plugin", arguments.trial.file, "put this plugin into the clusters, and judge it");
  app.add_option("--option", arguments.trial.options, "KEY=VALUE, of the plugin")->allow_extra_args(false);
  app.add_flag("--quiet", arguments.quiet, "print only what was violated, and the totals");
  app.add_option("--plan", arguments.plan.directed, "a plan made for one purpose, in place of one by chance")
      ->check(CLI::IsMember(directed_plans()));
  app.add_flag("--collects", arguments.plan.collects, "tombstones are collected in every history");
  app.add_flag("--blocking", arguments.plan.blocking, "storages are read off the loops in every history");
  app.add_flag("--datatypes", arguments.plan.datatypes, "keyspaces of data types are in every history");
  app.add_flag("--coverage", arguments.coverage,
               "run the directed plans too, and fail if a fault or a recovery was never met");
  app.add_flag("--bench", arguments.bench, "a quiet cluster of 5 nodes at 50 requests a second; tell the speed");
  app.add_flag("!--map", arguments.plan.memtable, "a map in place of the memtable plugin");
#ifdef STATOR_WITH_SEEDED_BUGS
  app.add_flag("--list-bugs", arguments.list_bugs, "name the seeded bugs");
  app.add_option("--bug", arguments.bug, "make this mistake");
  app.add_flag("--catalogue", arguments.catalogue, "look for every seeded bug");
  app.add_option("--histories", arguments.of_catalogue.histories,
                 "look from seed 1 on in so many histories, and not where it was found last");
  app.add_option("--only", arguments.of_catalogue.names, "look for these alone")->delimiter(',');
#endif
}

bool read_range(const std::string& range, Arguments& arguments) {
  const std::size_t dots = range.find("..");
  if (dots == std::string::npos) return range.empty();
  arguments.seed = std::strtoull(range.c_str(), nullptr, 10);
  const std::uint64_t last = std::strtoull(range.c_str() + dots + 2, nullptr, 10);
  arguments.count = last - arguments.seed + 1;
  return last >= arguments.seed;
}

}  // namespace

int run_command(int argc, char** argv) {
  CLI::App app("Runs whole clusters through random faults in virtual time, and judges what they do");
  Arguments arguments;
  std::string range;
  declare(app, arguments, range);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (!read_range(range, arguments)) {
    std::cerr << "--seeds takes A..B\n";
    return 2;
  }
#ifdef STATOR_WITH_SEEDED_BUGS
  if (arguments.list_bugs) {
    list_bugs();
    return 0;
  }
  if (arguments.catalogue) return run_catalogue(arguments.of_catalogue) == 0 ? 0 : 1;
  if (!choose_bug(arguments.bug)) {
    std::cerr << "no bug is called " << arguments.bug << "\n";
    return 2;
  }
#endif
  if (!arguments.trial.file.empty()) {
    arguments.trial.seed = arguments.seed;
    arguments.trial.hours = arguments.hours;
    arguments.trial.shrink_runs = arguments.shrink_runs;
    return run_trial(arguments.trial);
  }
  if (arguments.bench) {
    arguments.plan.faults = false;
    arguments.plan.nodes = 5;
    arguments.plan.requests_a_second = 50;
    arguments.plan.round = std::chrono::seconds(100);
    arguments.plan.repair_interval = std::chrono::seconds(10);
  }
  return Series(arguments).run();
}

}  // namespace stator::simulation
