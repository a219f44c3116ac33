#include "tests/tidy/rules.h"

#include <algorithm>
#include <string>

#include "tests/tidy/file_rules.h"

namespace stator::tidy {
namespace {

template <Findings (*check)(const SourceFile&)>
Findings each(const std::vector<SourceFile>& tree) {
  Findings all;
  for (const SourceFile& file : tree) {
    Findings found = check(file);
    all.insert(all.end(), found.begin(), found.end());
  }
  return all;
}

/// Whether a list of sources has this name as an entry of its own.
bool names(const std::string& list, const std::string& name) {
  for (std::size_t at = list.find(name); at != std::string::npos; at = list.find(name, at + 1)) {
    if (at == 0 || std::string_view(" \n(/").find(list[at - 1]) != std::string_view::npos) return true;
  }
  return false;
}

/// A source that no list names is a test that never runs.
Findings check_listed(const std::vector<SourceFile>& tree) {
  Findings found;
  for (const SourceFile& file : tree) {
    if (!file.path.ends_with(".cc")) continue;
    const bool listed = std::any_of(tree.begin(), tree.end(), [&](const SourceFile& list) {
      const std::string above = directory(list.path);
      return list.path.ends_with("CMakeLists.txt") && file.path.starts_with(above) &&
             names(list.text, file.path.substr(above.size()));
    });
    if (!listed) found.push_back({file.path, 0, "is named in no CMakeLists.txt beside or above it"});
  }
  return found;
}

/// A document's block that says which file it is taken from ("```cpp examples/longest/longest.cc") is in that file.
Findings check_quoted(const std::vector<SourceFile>& tree) {
  Findings found;
  for (const SourceFile& file : tree) {
    if (!file.path.ends_with(".md")) continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const std::size_t space = file.lines[i].find(' ');
      if (!file.lines[i].starts_with("```") || space == std::string::npos) continue;
      const std::string path = file.lines[i].substr(space + 1);
      const std::size_t begin = i + 1;
      std::string block;
      while (++i < file.lines.size() && file.lines[i] != "```") block += file.lines[i] + "\n";
      const auto source = std::find_if(tree.begin(), tree.end(), [&](const auto& each) { return each.path == path; });
      const bool there = source != tree.end() && ("\n" + source->text).find("\n" + block) != std::string::npos;
      if (!there) found.push_back({file.path, begin, "is not what stands in " + path});
    }
  }
  return found;
}

}  // namespace

const std::vector<Rule>& rules() {
  static const std::vector<Rule> table = {
      {"file-size", each<check_file_size>},
      {"function-length", each<check_function_length>},
      {"layers", each<check_layers>},
      {"heavy-headers", each<check_heavy_headers>},
      {"own-header-first", each<check_own_header_first>},
      {"names", each<check_names>},
      {"seams", each<check_seams>},
      {"leftovers", each<check_leftovers>},
      {"pragma-once", each<check_pragma_once>},
      {"utf-8", each<check_utf8>},
      {"listed", check_listed},
      {"quoted", check_quoted},
  };
  return table;
}

}  // namespace stator::tidy
