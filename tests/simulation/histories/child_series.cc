#include "tests/simulation/histories/child_series.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include "kernel/invariant.h"
#include "tests/simulation/histories/history.h"

namespace stator::simulation {
namespace {

constexpr rlim_t kMostCpuSeconds = 600;
constexpr std::string_view kSeedLine = "\nseed ";

// Says which seed it is about to run, and in the end what was violated.
[[noreturn]] void run_here(const SeriesPlan& series, const std::function<void()>& prepare, int out) {
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  const rlimit most{kMostCpuSeconds, kMostCpuSeconds};
  setrlimit(RLIMIT_CPU, &most);
  prepare();
  std::optional<std::string> violation;
  for (std::uint64_t number = 0; number < series.histories && !violation; ++number) {
    std::cout << kSeedLine << series.seed + number << std::endl;
    violation = run_history(make_plan(series.seed + number, series.plan), {}).violation;
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

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

SeriesOutcome run_in_a_child(const SeriesPlan& series, const std::function<void()>& prepare) {
  std::array<int, 2> ends{};
  STATOR_INVARIANT(pipe(ends.data()) == 0, "a pipe can be had");
  std::cout << std::flush;
  const pid_t child = fork();
  STATOR_INVARIANT(child >= 0, "a process can be had");
  if (child == 0) run_here(series, prepare, ends[1]);
  close(ends[1]);
  const std::string said = read_all(ends[0]);
  int status = 0;
  rusage used{};
  wait4(child, &status, 0, &used);

  SeriesOutcome outcome;
  outcome.cpu_seconds = seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
  const std::size_t last = said.rfind(kSeedLine);
  if (last != std::string::npos) outcome.seed = std::strtoull(said.c_str() + last + kSeedLine.size(), nullptr, 10);
  std::string words = last == std::string::npos ? said : said.substr(said.find('\n', last + 1) + 1);
  std::replace(words.begin(), words.end(), '\n', ' ');
  if (WIFSIGNALED(status) && WTERMSIG(status) != SIGXCPU && WTERMSIG(status) != SIGKILL)
    outcome.violation = std::string("it ends by \"") + strsignal(WTERMSIG(status)) + "\": " + words;
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0) outcome.violation = words;
  return outcome;
}

}  // namespace stator::simulation
