#include "cli/backup/members.h"

#include <algorithm>
#include <map>

namespace stator::cli {
namespace {

constexpr std::chrono::seconds kPatience{60};

void sort_out(ClusterMembers& members, const Json& member) {
  const std::string id = field_text(member, "id");
  const auto is_it = [&](const ClusterMembers::Member& known) { return known.id == id; };
  if (std::any_of(members.up.begin(), members.up.end(), is_it)) return;  // it is in several memberships
  const std::string address = field_text(field(member, "addresses"), "http");
  const auto endpoint = parse_endpoint(address);
  std::string why = address.empty() ? "it has no HTTP address" : "";
  if (why.empty() && !endpoint.is_ok()) why = endpoint.status().message();
  if (why.empty()) {
    const auto page = fetch_json(*endpoint, "/admin/health");
    if (!page.is_ok()) why = page.status().message();
    if (page.is_ok() && field_text(*page, "node") != id) why = address + " is " + field_text(*page, "node");
  }
  if (why.empty()) return members.up.push_back({id, *endpoint});
  members.missing.push_back(id + " (" + why + ")");
  members.missing_ids.push_back(id);
}

}  // namespace

Result<ClusterMembers> find_members(const std::vector<Endpoint>& nodes) {
  Status failure;
  for (const Endpoint& node : nodes) {
    const auto page = fetch_json(node, "/admin/health");
    if (!page.is_ok()) {
      failure = page.status();
      continue;
    }
    ClusterMembers members{.cluster = field_text(*page, "cluster"), .witness = node};
    for (const Json& member : field(*page, "members")) sort_out(members, member);
    std::sort(members.up.begin(), members.up.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    return members;
  }
  return failure;
}

Result<std::vector<KeyspaceFacts>> keyspaces_of(const Endpoint& node) {
  const auto keyspaces = fetch_json(node, "/admin/keyspaces");
  if (!keyspaces.is_ok()) return keyspaces.status();
  const auto plugins = fetch_json(node, "/admin/plugins");
  if (!plugins.is_ok()) return plugins.status();
  std::map<std::string, std::string> resolvers;  // by instance
  for (const Json& plugin : field(*plugins, "plugins")) {
    if (field_text(plugin, "kind") != "resolver") continue;
    for (const Json& instance : field(plugin, "instances"))
      if (instance.is_string()) resolvers[instance.get<std::string>()] = field_text(plugin, "name");
  }
  std::vector<KeyspaceFacts> facts;
  for (const Json& keyspace : field(*keyspaces, "keyspaces"))
    facts.push_back({field_text(keyspace, "name"), resolvers[field_text(keyspace, "resolver")],
                     field_text(keyspace, "storage"), static_cast<int>(field_number(keyspace, "n"))});
  return facts;
}

Result<HttpResponse> act(const Endpoint& node, const std::string& path, Bytes body) {
  auto response = fetch(node, {.method = "POST", .target = path, .headers = {}, .body = std::move(body)}, kPatience);
  if (!response.is_ok()) return response.status();
  if (Status outcome = outcome_of(node, *response); !outcome.is_ok()) return outcome;
  return response;
}

}  // namespace stator::cli
