#include "cli/demo/node_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>

namespace stator::cli {
namespace {

using namespace std::chrono_literals;

/// In the child, after fork: only what is safe there. Does not return.
[[noreturn]] void become(const NodeProcess::Command& command, char* const* arguments) {
  setpgid(0, 0);  // an interrupt from the keyboard is for the parent, which then ends its children in order
  if (!command.outlives_us) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
  }
  const int log = open(command.log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  const int nothing = open("/dev/null", O_RDONLY);
  if (log >= 0 && nothing >= 0 && chdir(command.directory.c_str()) == 0) {
    dup2(nothing, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    execv(command.program.c_str(), arguments);
  }
  _exit(127);
}

}  // namespace

Status NodeProcess::start(const Command& command) {
  std::vector<char*> arguments{const_cast<char*>(command.program.c_str())};
  for (const std::string& argument : command.arguments) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  const pid_t pid = fork();
  if (pid == 0) {
    become(command, arguments.data());
  }
  if (pid < 0) {
    return {Code::internal, std::string("no further process: ") + std::strerror(errno)};
  }
  pid_ = pid;
  return Status::ok();
}

bool NodeProcess::running() {
  if (pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) != 0) {
    pid_ = -1;
  }
  return pid_ > 0;
}

void NodeProcess::kill_now() {
  if (running()) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
}

void NodeProcess::stop() {
  if (!running()) {
    return;
  }
  kill(pid_, SIGTERM);
  const auto until = std::chrono::steady_clock::now() + 5s;
  while (running() && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(10ms);
  }
  kill_now();
}

}  // namespace stator::cli
