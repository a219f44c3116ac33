#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/tidy/source_file.h"

namespace stator::tidy {

/// A place that breaks a rule.
struct Finding {
  std::string path;
  std::size_t line = 0;  ///< from 1; 0: the file as a whole
  std::string what;
};

/// One rule of the house: its name, as exceptions.txt has it, and what breaks it in a tree.
struct Rule {
  std::string_view name;
  std::vector<Finding> (*check)(const std::vector<SourceFile>& tree);
};

/// As the tests print it.
inline std::ostream& operator<<(std::ostream& out, const Rule& rule) { return out << rule.name; }

/// The table of all rules.
const std::vector<Rule>& rules();

}  // namespace stator::tidy
