#pragma once

#include "cli/options.h"
#include "cli/terminal.h"

namespace stator::cli {

/// The verbs of `stator storage`, which work on the files of a node that does not run. Each as verbs.h says. [blocking]
ExitCode run_storage(const StorageConvertOptions& options, Terminal& terminal);
ExitCode run_storage(const StorageCheckOptions& options, Terminal& terminal);
ExitCode run_storage(const StorageQuarantineOptions& options, Terminal& terminal);

}  // namespace stator::cli
