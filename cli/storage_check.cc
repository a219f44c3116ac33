#include <algorithm>
#include <mutex>
#include <ostream>
#include <string>
#include <vector>

#include "cli/answer.h"
#include "cli/own_path.h"
#include "cli/storage.h"
#include "kernel/node/preflight.h"
#include "kernel/node/storage_examination.h"

namespace stator::cli {
namespace {

constexpr const char* kAdvice =
    "put a good copy of it back; or move it away, so that the node begins with an empty one, which its peers fill";

Json json_of(const StorageFault& fault) {
  Json json{{"file", fault.file}, {"offset", fault.offset}};
  if (fault.bytes != 0) json["bytes"] = fault.bytes;
  json["what"] = fault.what;
  return json;
}

Json json_of(const StoreExamination& found) {
  const EntryCheck::Counts& counts = found.entries.counts();
  Json json{{"store", found.store},
            {"plugin", found.plugin},
            {"status", found.sound() ? "sound" : "damaged"},
            {"verified", found.salvageable ? "files" : "contents"},
            {"keys", found.whole.entries},
            {"bytes", found.whole.bytes},
            {"records", counts.records},
            {"hints", counts.hints},
            {"cuts", counts.cuts},
            {"notes", counts.notes}};
  for (const char* name : {"cluster", "node"}) {
    const auto note = found.entries.notes().find(name);
    if (note != found.entries.notes().end()) json[name] = note->second;
  }
  json["files"] = Json::object();
  for (const auto& [name, count] : found.files.counts) json["files"][name] = count;
  json["remarks"] = found.files.remarks;
  json["faults"] = Json::array();
  for (const StorageFault& fault : found.files.faults) json["faults"].push_back(json_of(fault));
  if (!found.sound()) json["advice"] = kAdvice;
  return json;
}

std::string place_of(const StorageFault& fault) {
  std::string place = fault.file + " at offset " + std::to_string(fault.offset);
  if (fault.bytes != 0) place += ", " + std::to_string(fault.bytes) + " bytes";
  return place;
}

void print(const StoreExamination& found, std::ostream& out) {
  const EntryCheck::Counts& counts = found.entries.counts();
  out << found.store << " (" << found.plugin << "): " << (found.sound() ? "sound" : "DAMAGED") << '\n'
      << "  " << (found.sound() ? "" : "still whole: ") << found.whole.entries << " keys, " << found.whole.bytes
      << " bytes: " << counts.records << " records, " << counts.hints << " hints, " << counts.cuts << " cuts, "
      << counts.notes << " notes\n";
  std::string files;
  for (const auto& [name, count] : found.files.counts)
    files += (files.empty() ? "  " : ", ") + std::to_string(count) + ' ' + name;
  if (!files.empty()) out << files << '\n';
  if (!found.salvageable) out << "  the plugin does not verify files: a copy of them was opened and read\n";
  for (const std::string& remark : found.files.remarks) out << "  at the next start: " << remark << '\n';
  for (const StorageFault& fault : found.files.faults) out << "  " << place_of(fault) << ": " << fault.what << '\n';
  if (!found.sound()) out << "  what to do: " << kAdvice << '\n';
}

/// The storages of all directories, each once.
Result<std::vector<Path>> stores_of(const std::vector<std::string>& directories) {
  std::vector<Path> all;
  for (const std::string& directory : directories) {
    const Result<std::vector<Path>> stores = stores_in(directory);
    if (!stores.is_ok()) return stores.status();
    for (const Path& store : *stores) {
      if (std::find(all.begin(), all.end(), store) == all.end()) all.push_back(store);
    }
  }
  return all;
}

ExitCode refuse(Terminal& terminal, const Status& status) {
  (void)fail(terminal, status);
  return ExitCode::unfit;
}

}  // namespace

ExitCode run_storage(const StorageCheckOptions& options, Terminal& terminal) {
  const Result<std::vector<Path>> stores = stores_of(options.directories);
  if (!stores.is_ok()) return refuse(terminal, stores.status());
  Loader loader(options.plugins.empty() ? default_plugin_path(own_directory() + "/stator")
                                        : std::vector<std::string>{options.plugins});
  std::mutex mutex;  // plugins log from threads of theirs
  const StorageTools tools{loader, [&](LogLevel level, std::string_view text) {
                             if (level < LogLevel::warning) return;
                             std::lock_guard lock(mutex);
                             terminal.err << text << std::endl;
                           }};
  ExitCode code = ExitCode::ok;
  Json all = Json::array();
  for (const Path& store : *stores) {
    const Result<StoreExamination> found = examine_store(tools, store, [](BytesView, BytesView) {});
    if (!found.is_ok()) return refuse(terminal, found.status());
    if (!found->sound()) code = ExitCode::failed;
    if (options.json) {
      all.push_back(json_of(*found));
    } else {
      print(*found, terminal.out);
    }
  }
  if (options.json) terminal.out << all.dump() << '\n';
  return code;
}

}  // namespace stator::cli
