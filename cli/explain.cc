#include <ctime>
#include <ostream>

#include "cli/answer.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace stator::cli {
namespace {

/// "2026-11-22 23:31:32.079Z"
std::string moment(const Json& millis) {
  if (!millis.is_number_integer()) {
    return "";
  }
  const auto all = millis.get<std::int64_t>();
  const auto seconds = static_cast<std::time_t>(all / 1000);
  std::tm parts{};
  if (gmtime_r(&seconds, &parts) == nullptr) {
    return millis.dump();
  }
  char date[32];
  std::strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", &parts);
  const std::string fraction = std::to_string(1000 + all % 1000).substr(1);
  return date + std::string(".") + fraction + "Z";
}

std::string kind_of(const Json& version) {
  if (version.value("tombstone", false)) {
    return "tombstone";
  }
  const std::string size = field_text(version, "bytes") + " B";
  return version.value("expired", false) ? size + ", expired" : size;
}

/// A row for each node, and for each version it holds.
void print_copies(const Json& page, std::ostream& out) {
  using enum Table::Align;
  Table table({{"node", left},
               {"role", left},
               {"state", left},
               {"copy", left},
               {"version", left},
               {"written", left},
               {"what", left},
               {"expires", left}});
  for (const Json& node : field(page, "preference_list")) {
    const std::string digest = field_text(node, "digest").substr(0, 8);
    std::vector<std::string> row = {field_text(node, "node"), field_text(node, "role"), field_text(node, "state"),
                                    digest.empty() ? field_text(node, "status") : digest};
    const Json& versions = field(node, "versions");
    if (versions.empty()) {
      row.resize(8);
      table.add(row);
    }
    for (const Json& version : versions) {
      row.insert(row.end(), {field_text(version, "version"), moment(field(version, "lwwMillis")), kind_of(version),
                             moment(field(version, "expires_millis"))});
      table.add(row);
      row = {" ", " ", " ", " "};
    }
  }
  table.print(out);
}

void print_silent(const Json& page, std::ostream& out) {
  for (const Json& node : field(page, "preference_list")) {
    if (node.contains("message")) {
      out << field_text(node, "node") << " did not say: " << field_text(node, "message") << '\n';
    }
  }
}

std::string seconds_ago(const Json& millis) {
  return millis.is_number() ? "found equal " + std::to_string(millis.get<std::int64_t>() / 1000) + " s ago" : "not yet";
}

void print_leaf(const Json& page, std::ostream& out) {
  const Json& leaf = field(page, "leaf");
  out << "Anti-entropy: leaf " << field_text(leaf, "number") << " of the partition's hash tree, "
      << field_text(leaf, "state") << '\n';
  for (const Json& node : field(page, "preference_list")) {
    for (const Json& comparison : field(node, "comparisons")) {
      out << "  " << field_text(node, "node") << " with " << field_text(comparison, "peer") << ": "
          << (comparison.value("differs", false) ? "differs, " : "")
          << seconds_ago(field(comparison, "equal_for_millis")) << '\n';
    }
  }
}

void print_hints(const Json& page, std::ostream& out) {
  const Json& hints = field(page, "hints");
  if (hints.empty()) {
    out << "No node keeps a hint for it.\n";
  }
  for (const Json& hint : hints) {
    const bool copy = field_text(hint, "kind") == "copy";
    out << field_text(hint, "node") << (copy ? " keeps a copy for " : " is to send its copy to ")
        << field_text(hint, "target") << ".\n";
  }
}

void print_tombstone(const Json& page, std::ostream& out) {
  const Json& tombstone = field(page, "tombstone");
  if (tombstone.is_null()) {
    return;
  }
  const bool blocked = !field(tombstone, "blocked_by").empty();
  out << "Gone since " << moment(field(tombstone, "gone_since_millis"))
      << (blocked ? ", and still stored because of what does not hold:\n" : ", and ready to be collected:\n");
  for (const Json& rule : field(tombstone, "rules")) {
    out << "  rule " << field_text(rule, "rule") << (rule.value("holds", false) ? "  holds   " : "  blocks  ")
        << field_text(rule, "why") << '\n';
  }
  for (const Json& round : field(tombstone, "last_rounds"))
    out << "  the last round of " << field_text(round, "node") << " left it: " << field_text(round, "why") << '\n';
}

void print(const Json& page, std::ostream& out) {
  out << "key " << field_text(page, "key") << " of keyspace " << field_text(page, "keyspace") << ": partition "
      << field_text(page, "partition") << ", as " << field_text(page, "node") << " sees it\n";
  print_copies(page, out);
  print_silent(page, out);
  out << (page.value("equal", false) ? "All replicas hold the same.\n" : "The replicas do not all hold the same.\n");
  print_leaf(page, out);
  print_hints(page, out);
  const Json& resolution = field(page, "resolution");
  out << (resolution.value("found", false) ? "A reader is shown a value: " : "A reader finds nothing: ")
      << field_text(resolution, "why") << ".\n";
  print_tombstone(page, out);
}

}  // namespace

ExitCode run(const ExplainOptions& options, Terminal& terminal) {
  const auto page =
      fetch_json(options.address.node, key_path(options.address.keyspace, options.address.key, "/admin/explain/"));
  if (!page.is_ok()) {
    return fail(terminal, page.status());
  }
  if (options.json) {
    terminal.out << page->dump() << '\n';
  } else {
    print(*page, terminal.out);
  }
  return ExitCode::ok;
}

}  // namespace stator::cli
