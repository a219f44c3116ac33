#pragma once

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "kernel/config/parse_config.h"

namespace stator {

/// A file beside these tests.
inline std::string test_file(const std::string& name) {
  std::ifstream file(std::string(TEST_CONFIG) + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The configuration of the contract, with one text in place of another.
inline std::string contract_with(const std::string& from, const std::string& to) {
  std::string text = test_file("contract.toml");
  return text.replace(text.find(from), from.size(), to);
}

inline std::vector<std::string> problem_texts(const Problems& problems) {
  std::vector<std::string> texts;
  for (const Problem& problem : problems) texts.push_back(problem.text());
  return texts;
}

/// What is told of a text that is called "c.toml".
inline std::vector<std::string> problems_of(const std::string& text, const std::vector<Override>& overrides = {}) {
  return problem_texts(parse_config(text, "c.toml", overrides).problems);
}

}  // namespace stator
