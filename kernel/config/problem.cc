#include "kernel/config/problem.h"

#include <algorithm>
#include <map>

namespace stator {

std::string Position::text() const { return line > 0 ? source + ":" + std::to_string(line) : source; }

std::string Problem::text() const {
  std::string line = where.text();
  if (!key.empty()) line += (line.empty() ? "" : ": ") + key;
  line += (line.empty() ? "found " : ": found ") + found;
  if (!allowed.empty()) line += ", allowed: " + allowed;
  if (!suggestion.empty()) line += "; did you mean \"" + suggestion + "\"?";
  return line;
}

void sort_by_position(Problems& problems) {
  std::map<std::string, std::size_t> first_mention;
  for (const Problem& problem : problems) first_mention.try_emplace(problem.where.source, first_mention.size());
  std::stable_sort(problems.begin(), problems.end(), [&](const Problem& a, const Problem& b) {
    return std::pair(first_mention[a.where.source], a.where.line) <
           std::pair(first_mention[b.where.source], b.where.line);
  });
}

std::string report(const Problems& problems) {
  std::string lines;
  for (const Problem& problem : problems) lines += problem.text() + "\n";
  return lines;
}

}  // namespace stator
