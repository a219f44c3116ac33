#pragma once

#include <string>
#include <vector>

namespace stator {

/// Where somebody typed something: a line of a file, or an override, which has no lines.
struct Position {
  std::string source;  ///< a file's path, "--set keyspace.default.r", "STATOR__KEYSPACE__DEFAULT__R" …
  int line = 0;        ///< from 1; 0: the source as a whole
  auto operator<=>(const Position&) const = default;
  /// "cluster.toml:24", or the source alone.
  std::string text() const;
};

/// One mistake of a user, as a value: collected, never thrown, so that all of them are told at once.
struct Problem {
  Position where;
  std::string key;         ///< dotted, "keyspace.default.r"; empty: none is meant
  std::string found;       ///< "5", "no such plugin" …
  std::string allowed;     ///< "1 to 3"; empty when `found` says all there is
  std::string suggestion;  ///< what was probably meant; empty: no idea
  /// One line: `cluster.toml:24: keyspace.default.r: found 5, allowed: 1 to 3; did you mean "3"?`
  std::string text() const;
};

using Problems = std::vector<Problem>;

/// In the order a reader of the file meets them: by source in order of first mention, then by line.
void sort_by_position(Problems& problems);

/// `problems`, one a line, each line ended.
std::string report(const Problems& problems);

}  // namespace stator
