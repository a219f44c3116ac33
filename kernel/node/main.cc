#include <csignal>
#include <cstdio>
#include <string>
#include <variant>
#include <vector>

#include "kernel/config/parse_config.h"
#include "kernel/node/preflight.h"
#include "kernel/node/server.h"

extern char** environ;

namespace {

using namespace stator;

std::vector<std::string> environment() {
  std::vector<std::string> entries;
  for (char** entry = environ; *entry != nullptr; ++entry) entries.emplace_back(*entry);
  return entries;
}

sigset_t handled_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  return signals;
}

// What can change while running: the log's level, so far.
void reload(const CommandLine& line, Server& server) {
  const Preflight again = preflight(line, environment(), default_plugin_path(program_path()));
  if (!again.problems.empty()) {
    server.log().write(LogLevel::error,
                       "the configuration has mistakes and was not re-read: " + report(again.problems));
    return;
  }
  server.log().set_level(again.config.log.level);
  server.log().write(LogLevel::info, "configuration re-read");
}

int serve(const CommandLine& line, const Preflight& ready, const sigset_t& signals) {
  Server server(ready, line.node_id);
  if (Status started = server.start(); !started.is_ok()) {
    server.log().write(LogLevel::error, "cannot start: " + started.text());
    server.log().flush();
    return 1;
  }
  for (;;) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    if (signal != SIGHUP) break;
    reload(line, server);
  }
  server.stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::variant<CommandLine, Exit> parsed = parse_command_line({argv + 1, argv + argc});
  if (const auto* exit = std::get_if<Exit>(&parsed)) {
    std::fputs(exit->text.c_str(), exit->status == 0 ? stdout : stderr);
    return exit->status;
  }
  const CommandLine& line = std::get<CommandLine>(parsed);
  const Preflight ready = preflight(line, environment(), default_plugin_path(program_path()));
  if (!ready.problems.empty()) {
    std::fputs(report(ready.problems).c_str(), stderr);
    return kConfigStatus;
  }
  if (line.check) {
    std::fputs(summary(line, ready).c_str(), stdout);
    return 0;
  }
  // Before any thread is made, so that all of them inherit it and sigwait alone sees these.
  const sigset_t signals = handled_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file at its limit is an error of the write, as a full disk is
  return serve(line, ready, signals);
}
