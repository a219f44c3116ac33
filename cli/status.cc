#include <cstdio>
#include <map>
#include <ostream>

#include "cli/answer.h"
#include "cli/health_page.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace stator::cli {
namespace {

/// Health pages by node id, as far as nodes answer: those that were named, and those that these know of.
struct Survey {
  std::map<std::string, Json> pages;
  Json first;        // the page of the first node that answered
  Endpoint witness;  // and where it came from
  Status failure;    // why the last of the others did not
};

void ask_members(Survey& survey) {
  for (const Json& member : field(survey.first, "members")) {
    const std::string id = field_text(member, "id");
    const auto address = parse_endpoint(field_text(field(member, "addresses"), "http"));
    if (survey.pages.contains(id) || !address.is_ok()) {
      continue;
    }
    if (auto page = fetch_json(*address, "/admin/health"); page.is_ok() && field_text(*page, "node") == id) {
      survey.pages.emplace(id, std::move(*page));
    }
  }
}

Result<Survey> survey_of(const std::vector<Endpoint>& nodes) {
  Survey survey;
  for (const Endpoint& node : nodes) {
    auto page = fetch_json(node, "/admin/health");
    if (!page.is_ok()) {
      survey.failure = page.status();
      continue;
    }
    if (survey.pages.empty()) {
      survey.first = *page;
      survey.witness = node;
    }
    survey.pages.emplace(field_text(*page, "node"), std::move(*page));
  }
  if (survey.pages.empty()) {
    return survey.failure;
  }
  ask_members(survey);
  return survey;
}

std::string duration_text(const Json& seconds) {
  if (!seconds.is_number()) {
    return "";
  }
  const auto s = seconds.get<std::int64_t>();
  char text[64];
  if (s < 3600) {
    std::snprintf(text, sizeof text, "%ldm%02lds", s / 60, s % 60);
  } else {
    std::snprintf(text, sizeof text, "%ldh%02ldm", s / 3600, s / 60 % 60);
  }
  return text;
}

/// Keys over all storages of a node; "" if it did not say.
std::string keys_text(const Json& page) {
  const Json& storages = field(page, "storages");
  std::uint64_t keys = 0;
  for (const auto& [name, storage] : storages.items()) {
    keys += field(storage, "keys").is_number() ? field(storage, "keys").get<std::uint64_t>() : 0;
  }
  return storages.is_object() ? std::to_string(keys) : "";
}

/// {"id", "state", "status", "http", "version", "uptime_seconds", "keys", "share"}: null where it is not known.
Json row_of(const Json& member, const Survey& survey, const Json& shares) {
  const std::string id = field_text(member, "id");
  const auto found = survey.pages.find(id);
  const Json page = found == survey.pages.end() ? Json() : found->second;
  const std::string keys = keys_text(page);
  return {{"id", id},
          {"state", field(member, "state")},
          {"status", page.is_null() ? Json("no answer") : field(page, "status")},
          {"http", field(field(member, "addresses"), "http")},
          {"version", field(page, "version")},
          {"uptime_seconds", field(page, "uptime_seconds")},
          {"keys", keys.empty() ? Json() : Json(std::stoull(keys))},
          {"share", field(shares, id)}};
}

/// Node id to its share of the partitions, over the first membership that has the node.
Json shares_of(const Endpoint& node) {
  Json shares = Json::object();
  const auto ring = fetch_json(node, "/admin/ring");
  if (!ring.is_ok()) {
    return shares;
  }
  for (const auto& [name, membership] : field(*ring, "memberships").items()) {
    for (const Json& owner : field(membership, "nodes")) {
      const std::string id = field_text(owner, "id");
      if (!shares.contains(id)) {
        shares[id] = field(owner, "share");
      }
    }
  }
  return shares;
}

void print_troubles(const Survey& survey, std::ostream& out) {
  for (const auto& [id, page] : survey.pages) {
    for (const std::string& trouble : troubles_of(page)) {
      out << id << ": " << trouble << '\n';
    }
  }
}

void print(const Json& document, const Survey& survey, std::ostream& out) {
  out << "cluster " << field_text(document, "cluster") << ", as " << field_text(survey.first, "node") << " sees it\n";
  using enum Table::Align;
  Table table({{"node", left},
               {"state", left},
               {"status", left},
               {"http", left},
               {"version", left},
               {"uptime", right},
               {"keys", right},
               {"share", right}});
  for (const Json& row : field(document, "nodes")) {
    table.add({field_text(row, "id"), field_text(row, "state"), field_text(row, "status"), field_text(row, "http"),
               field_text(row, "version"), duration_text(field(row, "uptime_seconds")), field_text(row, "keys"),
               percent(field(row, "share"), 1)});
  }
  table.print(out);
  print_troubles(survey, out);
}

}  // namespace

ExitCode run(const StatusOptions& options, Terminal& terminal) {
  const auto survey = survey_of(options.nodes);
  if (!survey.is_ok()) {
    return fail(terminal, survey.status());
  }
  const Json shares = shares_of(survey->witness);
  Json document{{"cluster", field(survey->first, "cluster")}, {"nodes", Json::array()}};
  for (const Json& member : field(survey->first, "members")) {
    document["nodes"].push_back(row_of(member, *survey, shares));
  }
  if (options.json) {
    terminal.out << document.dump() << '\n';
  } else {
    print(document, *survey, terminal.out);
  }
  return ExitCode::ok;
}

}  // namespace stator::cli
