#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tests/cluster/await.h"

namespace stator::cluster {

/// A program run as a child process, and its output. The child is killed when this object or this process ends, however
/// that happens, and so never outlives the test. Start it from a thread that lives as long. [serial, blocking]
class ServerProcess {
 public:
  struct Command {
    std::string program;
    std::vector<std::string> arguments;
    std::vector<std::string> environment;  ///< NAME=VALUE, besides this process's own
    std::string output;                    ///< file that stdout is appended to
    std::string errors;                    ///< file that stderr is appended to
  };

  explicit ServerProcess(Command command) : command_(std::move(command)) {}
  ~ServerProcess() { kill_now(); }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  /// Aborts if there can be no child; a program that cannot be run ends with 127. Must not be running.
  void start();
  bool running() { return pid_ > 0 && !wait_exit(std::chrono::nanoseconds(0)); }
  /// The exit status, or minus the number of the signal that ended it; nothing if it still runs when patience ends.
  /// Asked again, it says the same until the next start.
  std::optional<int> wait_exit(std::chrono::nanoseconds patience = kPatience);
  /// Does nothing unless it runs.
  void signal(int number);
  /// SIGSTOP, and waits until every thread has stopped: from then on it is silent.
  void freeze();
  void thaw();
  /// SIGKILL, and waits.
  void kill_now();
  /// Sets the soft limit of every file the child writes; the hard one stays, so that it can be lifted again.
  void limit_file_size(std::uint64_t bytes);

  pid_t pid() const { return pid_; }
  Command& command() { return command_; }
  /// All that was written so far, over all starts.
  std::string output() const;
  std::string errors() const;

 private:
  Command command_;
  pid_t pid_ = -1;
  std::optional<int> exit_;
};

/// Runs a command to its end.
struct Finished {
  std::optional<int> status;
  std::string output;
  std::string errors;
};
Finished run(ServerProcess::Command command);

}  // namespace stator::cluster
