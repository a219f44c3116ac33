#pragma once

#include "cli/options.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "stator/files.h"

namespace stator::cli {

/// The verbs of `stator backup`. Each as verbs.h says; `files` is where a backup is written. [blocking]
ExitCode create_backup(const BackupOptions& options, Terminal& terminal, Files& files);
ExitCode verify_backup(const BackupOptions& options, Terminal& terminal);
ExitCode restore_backup(const BackupOptions& options, Terminal& terminal);

}  // namespace stator::cli
