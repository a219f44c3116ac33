#include <algorithm>
#include <string>

#include "tests/tidy/file_rules.h"

namespace stator::tidy {
namespace {

constexpr std::size_t kSourceLines = 500;
constexpr std::size_t kPublicHeaderLines = 200;

/// The length of the UTF-8 sequence at the front of `text`; 0 if there is none.
std::size_t sequence_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80                    ? 1
                             : lead >= 0xF0 && lead <= 0xF4 ? 4
                             : lead >= 0xE0                 ? 3
                             : lead >= 0xC2                 ? 2
                                                            : 0;
  if (lead > 0xF4 || length > text.size()) return 0;
  const auto follows = [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; };
  return std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(length), follows) ? length : 0;
}

}  // namespace

Findings check_file_size(const SourceFile& file) {
  const std::size_t limit = file.path.starts_with("sdk/include/") ? kPublicHeaderLines : kSourceLines;
  if (!is_cxx(file) || file.lines.size() <= limit) return {};
  return {{file.path, 0, std::to_string(file.lines.size()) + " lines, limit " + std::to_string(limit)}};
}

Findings check_leftovers(const SourceFile& file) {
  // In two pieces each, so that this file keeps the rule.
  static const std::vector<std::string> words = {std::string("TO") + "DO", std::string("FIX") + "ME",
                                                 std::string("GTEST_") + "SKIP", std::string("DIS") + "ABLED_"};
  Findings found;
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    for (const std::string& word : words) {
      if (file.lines[i].find(word) != std::string::npos) found.push_back({file.path, i + 1, word});
    }
  }
  return found;
}

Findings check_pragma_once(const SourceFile& file) {
  if (!is_header(file)) return {};
  if (std::find(file.code.begin(), file.code.end(), "#pragma once") != file.code.end()) return {};
  return {{file.path, 0, "has no #pragma once"}};
}

Findings check_utf8(const SourceFile& file) {
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    std::string_view rest = file.lines[i];
    while (!rest.empty()) {
      const std::size_t length = sequence_length(rest);
      if (length == 0) return {{file.path, i + 1, "is not UTF-8"}};
      rest.remove_prefix(length);
    }
  }
  return {};
}

}  // namespace stator::tidy
