#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/terminal.h"
#include "kernel/node/storage_examination.h"

namespace stator::cli {

/// This process's "NAME=VALUE" entries. A node is started with the same, and they say things of its configuration.
std::vector<std::string> environment();

/// What the verbs that look at a node's files work with. Plugins that warn of something are heard on the terminal.
class OfflineTools {
 public:
  /// failed_precondition if the cluster's file has mistakes. The terminal outlives the result. [blocking]
  static Result<std::unique_ptr<OfflineTools>> make(const StoredUnder& under, Terminal& terminal);
  const StorageTools& tools() const { return tools_; }

 private:
  OfflineTools(std::vector<std::string> path, StorageSettings settings, Terminal& terminal);

  std::mutex mutex_;  // plugins log from threads of theirs
  Loader loader_;
  const StorageTools tools_;
};

}  // namespace stator::cli
