#include "tests/simulation/histories/catalogue.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <iostream>
#include <optional>
#include <string>

#include "kernel/invariant.h"
#include "kernel/seeded_bugs.h"
#include "plugins/storage/memtable/seeded_bugs.h"
#include "tests/simulation/histories/history.h"

namespace stator::simulation {
namespace {

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

struct Finding {
  bool found = false;
  std::string seed;
  std::string what;
  double cpu = 0;
};

/// The child's side: says which seed it is about to run, and in the end what was violated.
[[noreturn]] void look_for(const CatalogueBug& bug, const CatalogueOptions& options, int out) {
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  bug.make();
  std::optional<std::string> violation;
  const double begun = cpu_seconds();
  for (std::uint64_t seed = 1; !violation && cpu_seconds() - begun < options.budget; ++seed) {
    std::cout << "\nseed " << seed << std::endl;
    violation = run_history(make_plan(seed, options.plan), {}).violation;
  }
  std::cout << violation.value_or("") << std::flush;
  _exit(violation ? 1 : 0);
}

std::string read_all(int in) {
  std::string text;
  std::array<char, 4096> part{};
  for (ssize_t got = 0; (got = read(in, part.data(), part.size())) > 0;)
    text.append(part.data(), static_cast<std::size_t>(got));
  close(in);
  return text;
}

Finding look_in_a_child(const CatalogueBug& bug, const CatalogueOptions& options) {
  std::array<int, 2> ends{};
  STATOR_INVARIANT(pipe(ends.data()) == 0, "a pipe can be had");
  std::cout << std::flush;
  const pid_t child = fork();
  STATOR_INVARIANT(child >= 0, "a process can be had");
  if (child == 0) look_for(bug, options, ends[1]);
  close(ends[1]);
  const std::string said = read_all(ends[0]);
  int status = 0;
  rusage used{};
  wait4(child, &status, 0, &used);
  Finding finding;
  finding.found = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
  const std::size_t last = said.rfind("\nseed ");
  const std::size_t line = said.find('\n', last + 1);
  finding.seed = said.substr(last + 6, line - last - 6);
  finding.what = said.substr(line + 1);
  if (WIFSIGNALED(status))
    finding.what = std::string("it ends by ") + strsignal(WTERMSIG(status)) + ": " + finding.what;
  std::replace(finding.what.begin(), finding.what.end(), '\n', ' ');
  finding.cpu = static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  return finding;
}

}  // namespace

std::vector<CatalogueBug> catalogue_bugs() {
  std::vector<CatalogueBug> all;
  for (std::size_t place = 0; place < std::size(kSeededBugs); ++place)
    all.push_back({kSeededBugs[place].name, kSeededBugs[place].meaning,
                   [](std::size_t chosen) { seeded_bug = kSeededBugs[chosen].bug; }, place});
  for (std::size_t place = 0; place < std::size(memtable::kSeededBugs); ++place)
    all.push_back({memtable::kSeededBugs[place].name, memtable::kSeededBugs[place].meaning,
                   [](std::size_t chosen) { memtable::seeded_bug = memtable::kSeededBugs[chosen].bug; }, place});
  return all;
}

std::size_t run_catalogue(const CatalogueOptions& options) {
  std::size_t looked_for = 0;
  std::size_t missed = 0;
  for (const CatalogueBug& bug : catalogue_bugs()) {
    const auto& names = options.names;
    if (!names.empty() && std::find(names.begin(), names.end(), bug.name) == names.end()) continue;
    ++looked_for;
    const Finding finding = look_in_a_child(bug, options);
    std::printf("%-32s %7.2f s  %s seed %-5s %s\n", std::string(bug.name).c_str(), finding.cpu,
                finding.found ? "found at" : "NOT FOUND up to", finding.seed.c_str(),
                finding.found ? finding.what.c_str() : std::string(bug.meaning).c_str());
    std::fflush(stdout);
    missed += finding.found ? 0 : 1;
  }
  std::cout << looked_for << " seeded bugs, " << missed << " not found" << std::endl;
  return looked_for < options.names.size() ? options.names.size() - looked_for : missed;
}

}  // namespace stator::simulation
