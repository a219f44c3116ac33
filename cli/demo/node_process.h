#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "stator/status.h"

namespace stator::cli {

/// A child process: started, and ended at the latest when this object is. Not movable: its owner has one per node.
/// [serial]
class NodeProcess {
 public:
  struct Command {
    std::string program;                 ///< path
    std::vector<std::string> arguments;  ///< without the program's name
    std::string directory;               ///< to run in
    std::string log;                     ///< file that both its outputs are appended to
    bool outlives_us = false;            ///< else it is killed when this process ends, however that happens
  };

  NodeProcess() = default;
  NodeProcess(const NodeProcess&) = delete;
  NodeProcess& operator=(const NodeProcess&) = delete;
  ~NodeProcess() { stop(); }

  /// Fails only if there can be no further process; a program that cannot be run ends with code 127.
  Status start(const Command& command);
  /// SIGKILL: no chance to tidy up. Does nothing if it is not running. [blocking]
  void kill_now();
  /// SIGTERM, and SIGKILL if it has not ended after 5 s. [blocking]
  void stop();
  /// Lets go of the process, which then runs on.
  void release() { pid_ = -1; }
  bool running();
  /// -1 when not running.
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

}  // namespace stator::cli
