#include <chrono>
#include <mutex>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "cli/answer.h"
#include "cli/offline_tools.h"
#include "cli/own_path.h"
#include "cli/storage.h"
#include "kernel/config/problem.h"
#include "kernel/node/offline_host.h"
#include "kernel/node/preflight.h"
#include "kernel/node/storage_conversion.h"

namespace stator::cli {
namespace {

std::string megabytes(std::uint64_t bytes) {
  const std::uint64_t tenths = bytes / 100'000;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MB";
}

std::string amount(const StorageProgress& progress) {
  return std::to_string(progress.entries) + " entries, " + megabytes(progress.bytes);
}

/// Says how far it is, once a second.
class Narrator {
 public:
  explicit Narrator(std::ostream& err) : err_(err) {}
  void hear(const StorageProgress& progress) {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return;
    next_ = now + std::chrono::seconds(1);
    err_ << "copied " << amount(progress) << std::endl;
  }

 private:
  std::ostream& err_;
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now() + std::chrono::seconds(1);
};

std::string list_of(const CheckedPlugins& plugins) {
  std::string names;
  for (const ReadyInstance& instance : plugins.instances) {
    if (instance.kind == "storage") names += (names.empty() ? "" : ", ") + instance.name;
  }
  return names.empty() ? "none" : names;
}

void print(const ConversionReport& report, const StorageConvertOptions& options, std::ostream& out) {
  if (options.json) {
    out << Json({{"storage", options.storage},
                 {"node", options.node},
                 {"from", report.from},
                 {"entries", report.copied.entries},
                 {"bytes", report.copied.bytes},
                 {"kept", report.kept}})
               .dump()
        << '\n';
    return;
  }
  out << "storage " << options.storage << " of " << options.node << " was written by " << report.from << ": "
      << amount(report.copied) << ", copied and compared\n"
      << "What it was is kept in " << report.kept << "\n"
      << "Start the node; when it is well, remove that. Do not start the node from it once this one has been used.\n";
}

Preflight read_config(const std::string& config, const std::string& node) {
  return preflight({.config = config, .node_id = node}, environment(),
                   default_plugin_path(own_directory() + "/stator"));
}

/// The storage that is meant, in a configuration that was read; null when there is none, and the terminal was told.
const ReadyInstance* find_storage(const Preflight& ready, const std::string& config, const std::string& name,
                                  Terminal& terminal) {
  if (!ready.problems.empty()) {
    terminal.err << report(ready.problems);
    return nullptr;
  }
  const ReadyInstance* found = ready.plugins.find("storage", name);
  if (found == nullptr)
    (void)fail(terminal,
               Status(Code::not_found, config + " has no [storage." + name + "]; it has: " + list_of(ready.plugins)));
  return found;
}

}  // namespace

ExitCode run_storage(const StorageConvertOptions& options, Terminal& terminal) {
  const Preflight ready = read_config(options.config, options.node);
  const ReadyInstance* wanted = find_storage(ready, options.config, options.storage, terminal);
  if (wanted == nullptr) return ExitCode::failed;
  std::optional<Preflight> before;
  const ReadyInstance* origin = nullptr;
  if (!options.from_config.empty()) {
    before = read_config(options.from_config, options.node);
    origin = find_storage(*before, options.from_config, options.storage, terminal);
    if (origin == nullptr) return ExitCode::failed;
  }
  // Plugins log from threads of theirs.
  std::mutex mutex;
  OfflineHost host([&](LogLevel level, std::string_view text) {
    if (level < LogLevel::warning) return;
    std::lock_guard lock(mutex);
    terminal.err << text << std::endl;
  });
  Narrator narrator(terminal.err);
  const ConversionPlan plan{ready.config.cluster.id,
                            options.node,
                            ready.config.node(options.node)->data_dir + "/storage/" + options.storage,
                            wanted,
                            origin,
                            ready.loader.get()};
  const Result<ConversionReport> converted = convert_storage(host, plan, [&](const StorageProgress& progress) {
    std::lock_guard lock(mutex);
    narrator.hear(progress);
  });
  if (!converted.is_ok()) return fail(terminal, converted.status());
  print(*converted, options, terminal.out);
  return ExitCode::ok;
}

}  // namespace stator::cli
