#include <regex>
#include <string>

#include "tests/tidy/file_rules.h"

namespace stator::tidy {
namespace {

struct Include {
  std::size_t line;
  std::string target;
  bool quoted;
};

std::vector<Include> includes(const SourceFile& file) {
  static const std::regex directive(R"(^#include ([<"])([^>"]+)[>"])");
  std::vector<Include> all;
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    std::smatch match;
    if (std::regex_search(file.lines[i], match, directive)) all.push_back({i + 1, match[2], match[1] == "\""});
  }
  return all;
}

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> prefixes) {
  for (std::string_view prefix : prefixes) {
    if (text.starts_with(prefix)) return true;
  }
  return false;
}

/// "plugins/transport/http/" of any path in that directory.
std::string plugin_of(const std::string& path) {
  static const std::regex pattern(R"(^plugins/[^/]+/[^/]+/)");
  std::smatch match;
  return std::regex_search(path, match, pattern) ? match.str() : "";
}

/// Why a file must not include the target; empty if it may.
std::string objection(const std::string& path, const std::string& target) {
  const auto from = [&](std::initializer_list<std::string_view> prefixes) { return starts_with_any(path, prefixes); };
  const auto to = [&](std::initializer_list<std::string_view> prefixes) { return starts_with_any(target, prefixes); };
  if (from({"tests/"})) return "";
  if (to({"tests/"})) return "only tests include tests";
  if (from({"kernel/causality/", "kernel/ring/", "kernel/quorum/"}) &&
      !to({"stator/bytes.h", "stator/status.h", "stator/version.h", "kernel/invariant.h", "kernel/seeded_bugs.h",
           "kernel/causality/", "kernel/ring/", "kernel/quorum/"})) {
    return "pure directories include the SDK's value types and each other";
  }
  if (from({"kernel/"}) && to({"plugins/", "cli/"})) return "the kernel knows no plugin and no program";
  if (from({"kernel/"}) && !from({"kernel/node/"}) && to({"kernel/node/"})) return "only node knows everybody";
  if (from({"plugins/", "examples/"}) && to({"kernel/", "cli/"})) return "a plugin knows the SDK alone";
  if (from({"plugins/"}) && to({"plugins/"}) && plugin_of(target) != plugin_of(path)) return "another plugin";
  if (from({"sdk/"}) && to({"kernel/", "plugins/", "cli/"})) return "the SDK includes nobody";
  if (from({"cli/"}) && to({"plugins/"})) return "programs load plugins, they do not include them";
  return "";
}

}  // namespace

Findings check_layers(const SourceFile& file) {
  Findings found;
  if (!is_cxx(file)) return found;
  for (const Include& include : includes(file)) {
    if (!include.quoted) continue;
    const std::string reason = objection(file.path, include.target);
    if (!reason.empty()) found.push_back({file.path, include.line, include.target + ": " + reason});
  }
  return found;
}

Findings check_heavy_headers(const SourceFile& file) {
  Findings found;
  if (!is_header(file)) return found;
  for (const Include& include : includes(file)) {
    if (include.target.starts_with("boost/intrusive/")) continue;
    if (starts_with_any(include.target, {"boost/", "grpc", "google/protobuf", "toml++/"}) ||
        include.target.ends_with(".pb.h")) {
      found.push_back({file.path, include.line, include.target + " in a header"});
    }
  }
  return found;
}

Findings check_own_header_first(const SourceFile& file) {
  if (!file.path.ends_with(".cc")) return {};
  const std::vector<Include> all = includes(file);
  for (std::size_t i = 1; i < all.size(); ++i) {
    const bool own = all[i].quoted && stem(all[i].target) == stem(file.path) &&
                     directory(file.path).ends_with(directory(all[i].target));
    if (own) return {{file.path, all[i].line, "its own header is not what it includes first"}};
  }
  return {};
}

}  // namespace stator::tidy
