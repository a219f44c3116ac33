#pragma once

#include "cli/options.h"

namespace CLI {
class App;
}

namespace stator::cli {

/// Verbs of `stator storage`. The options are written while the command line is parsed, and outlive that.
CLI::App* add_storage_convert(CLI::App& storage, StorageConvertOptions& options);
CLI::App* add_storage_check(CLI::App& storage, StorageCheckOptions& options);
CLI::App* add_storage_quarantine(CLI::App& storage, StorageQuarantineOptions& options);

}  // namespace stator::cli
