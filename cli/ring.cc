#include <ostream>

#include "cli/answer.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace stator::cli {
namespace {

void print_membership(const std::string& name, const Json& membership, std::ostream& out) {
  out << "\nmembership " << name << ", " << field_text(membership, "vnodes_per_node") << " virtual nodes per node\n";
  using enum Table::Align;
  Table table({{"node", left}, {"state", left}, {"tokens", right}, {"partitions", right}, {"share", right}});
  for (const Json& node : field(membership, "nodes")) {
    table.add({field_text(node, "id"), field_text(node, "state"), field_text(node, "tokens"),
               field_text(node, "partitions_owned"), percent(field(node, "share"), 2)});
  }
  table.print(out);
}

void print_tokens(const Json& membership, std::ostream& out) {
  out << '\n';
  Table table({{"token"}, {"node"}});
  for (const Json& token : field(membership, "tokens")) {
    table.add({field_text(token, "token"), field_text(token, "node")});
  }
  table.print(out);
}

void print_keyspaces(const Json& keyspaces, std::ostream& out) {
  out << '\n';
  Table table({{"keyspace"}, {"n", Table::Align::right}, {"membership"}});
  for (const auto& [name, keyspace] : keyspaces.items()) {
    table.add({name, field_text(keyspace, "n"), field_text(keyspace, "membership")});
  }
  table.print(out);
}

void print_placement(const std::string& key, const Json& placement, std::ostream& out) {
  out << "\nkey " << key << ": token " << field_text(placement, "key_token") << ", partition "
      << field_text(placement, "partition") << ", held by";
  for (const Json& node : field(placement, "preference_list")) {
    out << ' ' << node.get<std::string>();
  }
  out << '\n';
}

void print(const Json& page, const RingOptions& options, std::ostream& out) {
  out << field_text(page, "partitions") << " partitions, fingerprint " << field_text(page, "fingerprint") << '\n';
  for (const auto& [name, membership] : field(page, "memberships").items()) {
    print_membership(name, membership, out);
    if (options.tokens) {
      print_tokens(membership, out);
    }
  }
  print_keyspaces(field(page, "keyspaces"), out);
  if (const Json& placement = field(page, "placement"); !placement.is_null()) {
    print_placement(options.key, placement, out);
  }
}

}  // namespace

ExitCode run(const RingOptions& options, Terminal& terminal) {
  std::string target = "/admin/ring";
  if (!options.key.empty()) {
    add_query(target, "key", options.key);
  }
  const auto page = fetch_json(options.node, target);
  if (!page.is_ok()) {
    return fail(terminal, page.status());
  }
  if (options.json) {
    terminal.out << page->dump() << '\n';
  } else {
    print(*page, options, terminal.out);
  }
  return ExitCode::ok;
}

}  // namespace stator::cli
