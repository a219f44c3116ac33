#include "cli/plugin_check/check.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <exception>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

namespace stator::cli {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr std::array kOutcomes = {Outcome::passed, Outcome::failed, Outcome::crashed, Outcome::skipped};

std::string encode(const Verdict& verdict) {
  return Json{{"outcome", static_cast<int>(verdict.outcome)}, {"details", verdict.details}}.dump(
      -1, ' ', false, Json::error_handler_t::replace);
}

/// Nothing for what no child of ours has said in full.
std::optional<Verdict> decode(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto number = json.value("outcome", std::size_t{kOutcomes.size()});
  if (number >= kOutcomes.size()) return std::nullopt;
  return Verdict{kOutcomes[number], json.value("details", std::vector<std::string>())};
}

void write_all(int to, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t written = ::write(to, text.data() + at, text.size() - at);
    if (written < 0 && errno != EINTR) return;
    if (written > 0) at += static_cast<std::size_t>(written);
  }
}

/// All that the child says until it closes its end; nothing if it does not do so in time.
std::optional<std::string> read_all(int from, Clock::time_point deadline) {
  std::string text;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return std::nullopt;
    pollfd ready{from, POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(left)) <= 0) continue;
    char some[4096];
    const ssize_t got = ::read(from, some, sizeof some);
    if (got == 0) return text;
    if (got > 0) text.append(some, static_cast<std::size_t>(got));
  }
}

int await_end(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

Verdict crashed(std::string how) { return {Outcome::crashed, {std::move(how)}}; }

Verdict verdict_of_child(const std::string& said, int status) {
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    return crashed("ended by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")");
  }
  const std::optional<Verdict> verdict = decode(said);
  if (verdict && WEXITSTATUS(status) == 0) return *verdict;
  return crashed("the process ended by itself, with status " + std::to_string(WEXITSTATUS(status)));
}

}  // namespace

const char* name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::passed: return "passed";
    case Outcome::failed: return "failed";
    case Outcome::crashed: return "crashed";
    case Outcome::skipped: break;
  }
  return "skipped";
}

Verdict verdict_of(std::vector<std::string> violations) {
  const Outcome outcome = violations.empty() ? Outcome::passed : Outcome::failed;
  return {outcome, std::move(violations)};
}

Verdict skipped(std::string why) { return {Outcome::skipped, {std::move(why)}}; }

Verdict run_here(const Check& check) {
  try {
    return check.run();
  } catch (const std::exception& fault) {
    return verdict_of({std::string("it threw: ") + fault.what()});
  } catch (...) {
    return verdict_of({"it threw what is no std::exception"});
  }
}

Verdict run_in_child(const Check& check, std::chrono::seconds patience) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return crashed(std::string("no pipe: ") + ::strerror(errno));
  const pid_t child = ::fork();
  if (child < 0) return crashed(std::string("no process: ") + ::strerror(errno));
  if (child == 0) {
    ::setpgid(0, 0);  // what it starts ends with it
    ::close(ends[0]);
    write_all(ends[1], encode(run_here(check)));
    ::_exit(0);
  }
  ::close(ends[1]);
  const std::optional<std::string> said = read_all(ends[0], Clock::now() + patience);
  ::close(ends[0]);
  if (!said) {
    ::kill(-child, SIGKILL);
    ::kill(child, SIGKILL);
  }
  const int status = await_end(child);
  if (!said) return crashed("it did not end within " + std::to_string(patience.count()) + " s");
  return verdict_of_child(*said, status);
}

}  // namespace stator::cli
