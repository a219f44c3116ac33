#include "kernel/node/storage_quarantine.h"

#include <chrono>
#include <ostream>
#include <string>
#include <vector>

#include "cli/offline_tools.h"
#include "cli/storage.h"
#include "cli/store_report.h"

namespace stator::cli {
namespace {

Stamp wall_clock() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return Stamp::from_millis(
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count()));
}

Json json_of_all(const QuarantineReport& report) {
  Json json = json_of(report.found, {});
  json.erase("advice");
  json["changed"] = report.changed;
  if (report.changed) json["aside"] = report.aside;
  return json;
}

void print_all(const QuarantineReport& report, std::ostream& out) {
  if (!report.changed) {
    out << report.found.store << " is sound, and stays as it is\n";
    return;
  }
  for (const StorageFault& fault : report.found.files.faults)
    out << fault.file << " at offset " << fault.offset << ": " << fault.what << '\n';
  out << report.found.store << " has new files now, with the " << report.found.whole.entries
      << " keys that are whole; the damaged ones are in " << report.aside << ", as they were\n"
      << "Start the node: it counts its copies again when its peers have filled what is missing. When it is well, "
         "remove what was set aside.\n";
}

}  // namespace

ExitCode run_storage(const StorageQuarantineOptions& options, Terminal& terminal) {
  const Result<std::vector<Path>> stores = stores_in(options.directory);
  if (!stores.is_ok()) return unfit(terminal, stores.status());
  const auto offline = OfflineTools::make(options.under, terminal);
  if (!offline.is_ok()) return unfit(terminal, offline.status());
  Json all = Json::array();
  for (const Path& store : *stores) {
    const Result<QuarantineReport> report = quarantine_store((*offline)->tools(), store, wall_clock());
    if (!report.is_ok()) {
      const Code code = report.status().code();
      const bool unfit_for_it = code == Code::failed_precondition || code == Code::unavailable;
      return unfit_for_it ? unfit(terminal, report.status()) : fail(terminal, report.status());
    }
    if (options.json) {
      all.push_back(json_of_all(*report));
    } else {
      print_all(*report, terminal.out);
    }
  }
  if (options.json) terminal.out << all.dump() << '\n';
  return ExitCode::ok;
}

}  // namespace stator::cli
