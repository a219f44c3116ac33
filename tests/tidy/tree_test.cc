#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "tests/tidy/exceptions.h"
#include "tests/tidy/rules.h"

namespace stator::tidy {
namespace {

const std::vector<SourceFile>& tree() {
  static const std::vector<SourceFile> files = load_tree(STATOR_SOURCE_DIR);
  return files;
}

const std::vector<Exception>& exceptions() {
  static const std::vector<Exception> all = [] {
    std::ifstream in(STATOR_SOURCE_DIR "/tests/tidy/exceptions.txt");
    return parse_exceptions(std::string(std::istreambuf_iterator<char>(in), {}));
  }();
  return all;
}

class Tree : public testing::TestWithParam<Rule> {};

TEST_P(Tree, Keeps) {
  for (const Finding& finding : except(GetParam().name, GetParam().check(tree()), exceptions())) {
    ADD_FAILURE() << finding.path << ":" << finding.line << ": " << GetParam().name << ": " << finding.what;
  }
}

std::string test_name(const testing::TestParamInfo<Rule>& rule) {
  std::string name;
  for (char c : rule.param.name) name += c == '-' ? '_' : c;
  return name;
}

INSTANTIATE_TEST_SUITE_P(Rules, Tree, testing::ValuesIn(rules()), test_name);

TEST(TreeFiles, AreFound) {
  std::set<std::string> paths;
  for (const SourceFile& file : tree()) paths.insert(file.path);
  for (const char* path : {"CMakeLists.txt", "dev", "tests/tidy/tree_test.cc", "sdk/include/stator/bytes.h"}) {
    EXPECT_TRUE(paths.contains(path)) << path;
  }
}

TEST(TreeExceptions, NameARule) {
  std::set<std::string_view> names;
  for (const Rule& rule : rules()) names.insert(rule.name);
  for (const Exception& exception : exceptions()) EXPECT_TRUE(names.contains(exception.rule)) << exception.rule;
}

}  // namespace
}  // namespace stator::tidy
