#include "cli/store_report.h"

#include <ostream>
#include <string>
#include <utility>

namespace stator::cli {
namespace {

Json json_of(const StorageFault& fault) {
  Json json{{"file", fault.file}, {"offset", fault.offset}};
  if (fault.bytes != 0) json["bytes"] = fault.bytes;
  json["what"] = fault.what;
  return json;
}

/// As it was typed.
std::string flags_of(const StoredUnder& under) {
  std::string flags;
  for (const auto& [flag, value] :
       {std::pair(" --config=", under.config), {" --storage=", under.storage}, {" --plugins=", under.plugins}}) {
    if (!value.empty()) flags += flag + value;
  }
  return flags;
}

std::string advice(const StoreExamination& found, const StoredUnder& under) {
  const std::string restore = "put a good copy of it back";
  if (found.salvageable)
    return "stator storage quarantine " + found.store + flags_of(under) +
           " sets this aside, keeps what is whole and has the node filled by its peers; or " + restore;
  return restore + "; or move it away, so that the node begins with an empty one, which its peers fill";
}

}  // namespace

Json json_of(const StoreExamination& found, const StoredUnder& under) {
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
  if (!found.sound()) json["advice"] = advice(found, under);
  return json;
}

namespace {

std::string place_of(const StorageFault& fault) {
  std::string place = fault.file + " at offset " + std::to_string(fault.offset);
  if (fault.bytes != 0) place += ", " + std::to_string(fault.bytes) + " bytes";
  return place;
}

}  // namespace

void print(const StoreExamination& found, const StoredUnder& under, std::ostream& out) {
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
  if (!found.sound()) out << "  what to do: " << advice(found, under) << '\n';
}

ExitCode unfit(Terminal& terminal, const Status& status) {
  (void)fail(terminal, status);
  return ExitCode::unfit;
}

}  // namespace stator::cli
