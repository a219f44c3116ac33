#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "cli/offline_tools.h"
#include "cli/storage.h"
#include "cli/store_report.h"

namespace stator::cli {
namespace {

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

}  // namespace

ExitCode run_storage(const StorageCheckOptions& options, Terminal& terminal) {
  const Result<std::vector<Path>> stores = stores_of(options.directories);
  if (!stores.is_ok()) return unfit(terminal, stores.status());
  const auto offline = OfflineTools::make(options.under, terminal);
  if (!offline.is_ok()) return unfit(terminal, offline.status());
  ExitCode code = ExitCode::ok;
  Json all = Json::array();
  for (const Path& store : *stores) {
    const Result<StoreExamination> found = examine_store((*offline)->tools(), store, [](BytesView, BytesView) {});
    if (!found.is_ok()) return unfit(terminal, found.status());
    if (!found->sound()) code = ExitCode::failed;
    if (options.json) {
      all.push_back(json_of(*found, options.under));
    } else {
      print(*found, options.under, terminal.out);
    }
  }
  if (options.json) terminal.out << all.dump() << '\n';
  return code;
}

}  // namespace stator::cli
