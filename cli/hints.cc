#include <ostream>

#include "cli/answer.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace stator::cli {
namespace {

// The node keeps to the time it was given; its answer may take a little longer.
constexpr std::chrono::seconds kMargin{5};

Status wait_for(const Endpoint& node, std::chrono::milliseconds patience) {
  const std::string target = "/admin/hints/wait?timeout_ms=" + std::to_string(patience.count());
  const auto response = fetch(node, {.target = target}, patience + kMargin);
  return response.is_ok() ? outcome_of(node, *response) : response.status();
}

/// One row for each queue of each node.
Result<Json> rows_of(const std::vector<Endpoint>& nodes) {
  Json rows = Json::array();
  for (const Endpoint& node : nodes) {
    auto page = fetch_json(node, "/debug/hints");
    if (!page.is_ok()) {
      return page.status();
    }
    for (const auto& [target, queue] : field(*page, "queues").items()) {
      Json row = {{"url", node.text()}, {"target", target}};
      row.update(queue);
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

void print_queues(const Json& rows, std::ostream& out) {
  using enum Table::Align;
  Table table({{"node", left},
               {"for", left},
               {"pending", right},
               {"bytes", right},
               {"oldest ms", right},
               {"delivered", right},
               {"dropped", right}});
  for (const Json& row : rows) {
    table.add({field_text(row, "url"), field_text(row, "target"), field_text(row, "pending"), field_text(row, "bytes"),
               field_text(row, "oldest_age_ms"), field_text(row, "delivered"), field_text(row, "dropped")});
  }
  table.print(out);
}

}  // namespace

ExitCode run(const HintsOptions& options, Terminal& terminal) {
  const auto end = std::chrono::steady_clock::now() + options.patience;
  for (const Endpoint& node : options.nodes) {
    if (!options.wait) {
      break;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (Status status = wait_for(node, std::max(left, std::chrono::milliseconds(1))); !status.is_ok()) {
      return fail(terminal, status);
    }
  }
  const auto rows = rows_of(options.nodes);
  if (!rows.is_ok()) {
    return fail(terminal, rows.status());
  }
  if (options.json) {
    terminal.out << rows->dump() << '\n';
  } else {
    print_queues(*rows, terminal.out);
  }
  return ExitCode::ok;
}

}  // namespace stator::cli
