#include "tests/simulation/histories/catalogue.h"

#include <algorithm>
#include <ctime>
#include <iomanip>
#include <iostream>
#include <optional>
#include <string>

#include "kernel/seeded_bugs.h"
#include "tests/simulation/histories/history.h"

namespace stator::simulation {
namespace {

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

bool look_for(const SeededBugEntry& entry, double budget) {
  const double begun = cpu_seconds();
  std::optional<std::string> violation;
  std::uint64_t seed = 0;
  seeded_bug = entry.bug;
  while (!violation && cpu_seconds() - begun < budget) violation = run_history(make_plan(++seed, {}), {}).violation;
  seeded_bug = SeededBug::none;
  std::cout << std::left << std::setw(32) << entry.name;
  if (violation) {
    std::cout << " seed " << std::setw(6) << seed << *violation << std::endl;
  } else {
    std::cout << " NOT FOUND in " << seed << " seeds: " << entry.meaning << std::endl;
  }
  return violation.has_value();
}

}  // namespace

std::size_t run_catalogue(const CatalogueOptions& options) {
  std::size_t looked_for = 0;
  std::size_t missed = 0;
  for (const SeededBugEntry& entry : kSeededBugs) {
    const auto& names = options.names;
    if (!names.empty() && std::find(names.begin(), names.end(), entry.name) == names.end()) continue;
    ++looked_for;
    missed += look_for(entry, options.budget) ? 0 : 1;
  }
  std::cout << looked_for << " seeded bugs, " << missed << " not found" << std::endl;
  return looked_for < options.names.size() ? options.names.size() - looked_for : missed;
}

}  // namespace stator::simulation
