#include <algorithm>
#include <array>
#include <cctype>
#include <regex>
#include <string>

#include "tests/tidy/file_rules.h"

namespace stator::tidy {
namespace {

/// Words that fit everything and so say nothing. `service` is gRPC's own word and may stand in its plugin.
constexpr std::array<std::string_view, 9> kBanned = {"manager", "helper", "util",      "common", "misc",
                                                     "base",    "info",   "processor", "service"};

/// "HttpInfo" and "http_info" alike: http, info.
std::vector<std::string> words(std::string_view name) {
  std::vector<std::string> all(1);
  for (char c : name) {
    const bool upper = std::isupper(static_cast<unsigned char>(c)) != 0;
    if ((c == '_' || upper) && !all.back().empty()) all.emplace_back();
    if (c != '_') all.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return all;
}

void check_name(const SourceFile& file, std::size_t line, const std::string& name, Findings& found) {
  for (const std::string& word : words(name)) {
    const std::string singular = word.ends_with('s') ? word.substr(0, word.size() - 1) : word;
    const bool banned = std::find(kBanned.begin(), kBanned.end(), singular) != kBanned.end();
    if (!banned || (singular == "service" && file.path.starts_with("plugins/transport/grpc/"))) continue;
    found.push_back({file.path, line, ("'" + word + "' in the name ").append(name)});
  }
}

}  // namespace

Findings check_names(const SourceFile& file) {
  static const std::regex declaration(R"(\b(?:class|struct|enum|union|namespace)\s+(?:class\s+)?([A-Za-z_]\w*))");
  Findings found;
  if (!is_cxx(file)) return found;
  check_name(file, 0, stem(file.path), found);
  for (std::size_t i = 0; i < file.code.size(); ++i) {
    std::smatch match;
    if (std::regex_search(file.code[i], match, declaration)) check_name(file, i + 1, match[1], found);
  }
  return found;
}

}  // namespace stator::tidy
