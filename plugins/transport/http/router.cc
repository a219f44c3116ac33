#include "router.h"

#include <array>
#include <utility>

#include "percent.h"

namespace stator::http {
namespace {

constexpr std::size_t kMaxKeyBytes = 4096;
constexpr BytesView kReadMethods = "GET, HEAD";
constexpr BytesView kActionMethods = "POST";
constexpr BytesView kValueMethods = "GET, HEAD, PUT, POST, DELETE";

/// Pages without an argument.
constexpr std::array<std::pair<BytesView, const char*>, 11> kPages{{
    {"/admin/health", "health"},
    {"/admin/ring", "ring"},
    {"/admin/keyspaces", "keyspaces"},
    {"/admin/plugins", "plugins"},
    {"/admin/repair", "repair"},
    {"/admin/backup", "backup"},
    {"/metrics", "metrics"},
    {"/admin/hints/wait", "hints_wait"},
    {"/debug/hints", "hints"},
    {"/debug/ae", "ae"},
    {"/debug/persist", "persist"},
}};

/// What changes something of the node itself, and is read at most, in pieces, where a checkpoint lies.
constexpr std::array<std::pair<BytesView, const char*>, 6> kActions{{
    {"/admin/backup/begin", "backup/begin"},
    {"/admin/backup/piece", "backup/piece"},
    {"/admin/backup/end", "backup/end"},
    {"/admin/restore/begin", "restore/begin"},
    {"/admin/restore/records", "restore/records"},
    {"/admin/restore/end", "restore/end"},
}};

/// Pages about the key behind their path.
constexpr std::array<std::pair<BytesView, const char*>, 2> kKeyPages{{
    {"/debug/siblings/", "siblings"},
    {"/admin/explain/", "explain"},
}};

Refusal no_such_page() { return {404, "not_found", "there is nothing at this path", {}, {}, {}}; }

/// The one page that does something: POST begins a round of repair, GET with the key that it was given shows how far
/// that is.
bool is_repair(const Route& route) {
  return route.resource == Route::Resource::page && BytesView(route.page) == "repair";
}

std::optional<Refusal> check_repair(const Route& route, Method method) {
  const bool begins = route.key.empty();
  const bool reads = method == Method::get || method == Method::head;
  if (begins ? method == Method::post : reads) return std::nullopt;
  const char* why = begins ? "without a key it begins a round: POST it" : "with a key it only shows: GET it";
  return Refusal{405, "method_not_allowed", why, begins ? kActionMethods : kReadMethods, {}, {}};
}

std::optional<Refusal> check_method(const Route& route, Method method) {
  if (is_repair(route)) return std::nullopt;  // its query has a say in it
  const bool reads = method == Method::get || method == Method::head;
  const bool writes = method == Method::put || method == Method::post || method == Method::del;
  if (route.resource == Route::Resource::action) {
    if (method == Method::post) return std::nullopt;
    return Refusal{405, "method_not_allowed", "this is done with POST", kActionMethods, {}, {}};
  }
  const bool is_value = route.resource == Route::Resource::value;
  if (reads || (is_value && writes)) return std::nullopt;
  return Refusal{
      405, "method_not_allowed", "this path does not have this method", is_value ? kValueMethods : kReadMethods, {},
      {}};
}

std::optional<Refusal> set_key(Route& route, BytesView encoded) {
  auto key = percent_decoded(encoded);
  if (!key) return malformed("the key has a '%' without two hexadecimal digits");
  if (key->empty()) return malformed("key must not be empty");
  if (key->size() > kMaxKeyBytes) return malformed("a key has at most 4096 bytes");
  route.key = std::move(*key);
  return std::nullopt;
}

/// `/kv/…`, or a page about a key, in whatever keyspace `route` has.
std::optional<Refusal> match_key(Route& route, BytesView path) {
  constexpr BytesView kValues = "/kv/";
  if (path.starts_with(kValues)) return set_key(route, path.substr(kValues.size()));
  for (const auto& [prefix, page] : kKeyPages) {
    if (!path.starts_with(prefix)) continue;
    route.resource = Route::Resource::page;
    route.page = page;
    return set_key(route, path.substr(prefix.size()));
  }
  return no_such_page();
}

std::optional<Refusal> match(Route& route, BytesView path) {
  constexpr BytesView kKeyspaces = "/ks/";
  if (path.starts_with(kKeyspaces)) {
    path.remove_prefix(kKeyspaces.size());
    const std::size_t slash = path.find('/');
    if (slash == BytesView::npos) return no_such_page();
    auto keyspace = percent_decoded(path.substr(0, slash));
    if (!keyspace || keyspace->empty()) return malformed("the path names no keyspace");
    route.keyspace = std::move(*keyspace);
    return match_key(route, path.substr(slash));
  }
  if (path == "/health") {
    route.resource = Route::Resource::health;
    return std::nullopt;
  }
  for (const auto& [name, page] : kPages) {
    if (path != name) continue;
    route.resource = Route::Resource::page;
    route.page = page;
    return std::nullopt;
  }
  for (const auto& [name, action] : kActions) {
    if (path != name) continue;
    route.resource = Route::Resource::action;
    route.page = action;
    return std::nullopt;
  }
  return match_key(route, path);
}

/// The path and query of `http://host/path`, the form proxies use.
BytesView without_authority(BytesView target) {
  if (target.starts_with('/')) return target;
  const std::size_t scheme = target.find("://");
  if (scheme == BytesView::npos) return target;
  const std::size_t path = target.find_first_of("/?", scheme + 3);
  return path == BytesView::npos ? "/" : target.substr(path);
}

}  // namespace

std::variant<Route, Refusal> route(Method method, BytesView target) {
  target = without_authority(target);
  const std::size_t mark = target.find('?');
  Route route;
  if (auto refusal = match(route, target.substr(0, mark))) return std::move(*refusal);
  if (auto refusal = check_method(route, method)) return std::move(*refusal);
  if (is_repair(route)) route.keyspace.clear();
  if (mark != BytesView::npos) {
    auto query = parse_query(target.substr(mark + 1));
    if (auto* refusal = std::get_if<Refusal>(&query)) return std::move(*refusal);
    route.query = std::move(std::get<Query>(query));
    if (route.resource == Route::Resource::page && route.key.empty()) {
      route.key = std::move(route.query.key);
      if (!route.query.keyspace.empty()) route.keyspace = std::move(route.query.keyspace);
    }
  }
  if (is_repair(route)) {
    if (auto refusal = check_repair(route, method)) return std::move(*refusal);
  }
  return route;
}

}  // namespace stator::http
