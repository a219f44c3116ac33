#include <chrono>
#include <mutex>
#include <ostream>
#include <string>
#include <vector>

#include "cli/answer.h"
#include "cli/own_path.h"
#include "cli/storage.h"
#include "kernel/config/problem.h"
#include "kernel/node/offline_host.h"
#include "kernel/node/preflight.h"
#include "kernel/node/storage_conversion.h"

extern char** environ;

namespace stator::cli {
namespace {

// The node is started with the same, and its data_dir may be said there.
std::vector<std::string> environment() {
  std::vector<std::string> entries;
  for (char** entry = environ; *entry != nullptr; ++entry) entries.emplace_back(*entry);
  return entries;
}

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

}  // namespace

ExitCode run_storage(const StorageConvertOptions& options, Terminal& terminal) {
  const CommandLine line{.config = options.config, .node_id = options.node};
  const Preflight ready = preflight(line, environment(), default_plugin_path(own_directory() + "/stator"));
  if (!ready.problems.empty()) {
    terminal.err << report(ready.problems);
    return ExitCode::failed;
  }
  const ReadyInstance* wanted = ready.plugins.find("storage", options.storage);
  if (wanted == nullptr)
    return fail(terminal, Status(Code::not_found, options.config + " has no [storage." + options.storage +
                                                      "]; it has: " + list_of(ready.plugins)));
  // Plugins log from threads of theirs.
  std::mutex mutex;
  OfflineHost host([&](LogLevel level, std::string_view text) {
    if (level < LogLevel::warning) return;
    std::lock_guard lock(mutex);
    terminal.err << text << std::endl;
  });
  Narrator narrator(terminal.err);
  const ConversionPlan plan{ready.config.cluster.id, options.node,
                            ready.config.node(options.node)->data_dir + "/storage/" + options.storage, wanted,
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
