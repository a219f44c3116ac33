#include <ostream>

#include "cli/answer.h"
#include "cli/health_page.h"
#include "cli/verbs.h"

namespace stator::cli {
namespace {

/// What is to be said about one node: {"url", "ok", "node", "status", "troubles"}, or {"url", "ok": false, "error"}.
Json examine(const Endpoint& node) {
  const auto page = fetch_json(node, "/admin/health");
  if (!page.is_ok()) {
    return {{"url", node.text()}, {"ok", false}, {"error", page.status().message()}};
  }
  const std::string status = field_text(*page, "status");
  return {{"url", node.text()},
          {"ok", status == "ok"},
          {"node", field_text(*page, "node")},
          {"status", status},
          {"troubles", troubles_of(*page)}};
}

void print_health(const Json& row, std::ostream& out) {
  if (row.contains("error")) {
    out << "down  " << field_text(row, "error") << '\n';  // which names the URL
    return;
  }
  out << field_text(row, "url") << "  " << field_text(row, "status") << "  " << field_text(row, "node");
  for (const Json& trouble : field(row, "troubles")) {
    out << "  " << trouble.get<std::string>();
  }
  out << '\n';
}

}  // namespace

ExitCode run(const HealthOptions& options, Terminal& terminal) {
  Json rows = Json::array();
  bool all_ok = true;
  for (const Endpoint& node : options.nodes) {
    rows.push_back(examine(node));
    all_ok = all_ok && rows.back()["ok"].get<bool>();
    if (!options.json) {
      print_health(rows.back(), terminal.out);
    }
  }
  if (options.json) {
    terminal.out << rows.dump() << '\n';
  }
  return all_ok ? ExitCode::ok : ExitCode::failed;
}

}  // namespace stator::cli
