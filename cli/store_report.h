#pragma once

#include <iosfwd>
#include <mutex>
#include <string>

#include "cli/answer.h"
#include "cli/terminal.h"
#include "kernel/node/storage_examination.h"

namespace stator::cli {

/// What the verbs that look at a node's files share.

/// With every fault, and what to do about them.
Json json_of(const StoreExamination& found);
void print(const StoreExamination& found, std::ostream& out);

/// Plugins are found in the directory `plugins`, or where statord would look if that is empty; what they warn of goes
/// to the terminal, which outlives this.
class OfflineTools {
 public:
  OfflineTools(const std::string& plugins, Terminal& terminal);
  const StorageTools& tools() const { return tools_; }

 private:
  std::mutex mutex_;  // plugins log from threads of theirs
  Loader loader_;
  const StorageTools tools_;
};

/// Says why nothing was found out.
ExitCode unfit(Terminal& terminal, const Status& status);

}  // namespace stator::cli
