#pragma once

#include "cli/options.h"
#include "cli/terminal.h"

namespace stator::cli {

/// Carries a verb out. Results go to `out`, everything said about them to `err`; a failure is one line on `err`
/// that begins with "stator: ". [blocking]
ExitCode run(const PutOptions& options, Terminal& terminal);
ExitCode run(const UpdateOptions& options, Terminal& terminal);
ExitCode run(const GetOptions& options, Terminal& terminal);
ExitCode run(const DeleteOptions& options, Terminal& terminal);
ExitCode run(const ExplainOptions& options, Terminal& terminal);
ExitCode run(const StatusOptions& options, Terminal& terminal);
ExitCode run(const HealthOptions& options, Terminal& terminal);
ExitCode run(const RingOptions& options, Terminal& terminal);
ExitCode run(const HintsOptions& options, Terminal& terminal);
ExitCode run(const RepairOptions& options, Terminal& terminal);
ExitCode run(const PluginListOptions& options, Terminal& terminal);
ExitCode run(const PluginCheckOptions& options, Terminal& terminal);
ExitCode run(const PluginSimulateOptions& options, Terminal& terminal);
ExitCode run(const PluginDescribeOptions& options, Terminal& terminal);
ExitCode run(const PluginNewOptions& options, Terminal& terminal);
ExitCode run(const StorageOptions& options, Terminal& terminal);
ExitCode run(const BackupOptions& options, Terminal& terminal);
ExitCode run(const BenchOptions& options, Terminal& terminal);
ExitCode run(const DemoOptions& options, Terminal& terminal);

}  // namespace stator::cli
