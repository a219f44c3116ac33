#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>

#include "cli/verbs.h"

namespace stator::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

class PluginNew : public ::testing::Test {
 protected:
  ~PluginNew() override { fs::remove_all(here); }

  ExitCode make(const std::string& kind, const std::string& name) {
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    Terminal terminal{in, out, err};
    const ExitCode code = run(PluginNewOptions{kind, name, here}, terminal);
    said = out.str() + err.str();
    return code;
  }
  /// Every file in a directory of ours, and what is in it.
  std::map<std::string, std::string> files(const std::string& name) const {
    std::map<std::string, std::string> all;
    for (const fs::directory_entry& entry : fs::directory_iterator(here + "/" + name)) {
      std::ifstream file(entry.path());
      all[entry.path().filename()] = {std::istreambuf_iterator<char>(file), {}};
    }
    return all;
  }

  char form[32] = "/tmp/stator-plugin-new-XXXXXX";
  const std::string here = ::mkdtemp(form);
  std::string said;
};

TEST_F(PluginNew, EveryKindBecomesAPluginOfItsOwnName) {
  for (const std::string kind : {"resolver", "datatype", "storage", "membership", "transport"}) {
    const std::string name = "my_own_" + kind;
    ASSERT_EQ(make(kind, name), ExitCode::ok) << said;
    EXPECT_THAT(said, HasSubstr("cmake --build " + here + "/" + name + "/build"));
    EXPECT_THAT(said, HasSubstr("This stator was built and not installed"));  // as this test is
    auto made = files(name);
    EXPECT_THAT(made, ElementsAre(Pair("CMakeLists.txt", HasSubstr("stator_add_plugin(" + name + " KIND " + kind)),
                                  Pair("README.md", HasSubstr("# A plugin for Stator: " + kind + " `" + name + "`")),
                                  Pair("cluster.toml", HasSubstr("[keyspace." + name + "]")),
                                  Pair(name + ".cc", HasSubstr(".name = \"" + name + "\"")),
                                  Pair(name + "_test.cc", HasSubstr("TEST(MyOwn"))));
    EXPECT_THAT(made[name + ".cc"], HasSubstr("class MyOwn"));
    for (const auto& [file, text] : made) {
      EXPECT_THAT(text, Not(HasSubstr("scaffold"))) << file;
      EXPECT_THAT(text, Not(HasSubstr("Scaffold"))) << file;
    }
  }
}

TEST_F(PluginNew, LeavesWhatIsThereAlone) {
  fs::create_directory(here + "/longest");
  std::ofstream(here + "/longest/longest.cc") << "mine";
  EXPECT_EQ(make("resolver", "longest"), ExitCode::failed);
  EXPECT_EQ(said, "stator: " + here + "/longest is there already\n");
  EXPECT_THAT(files("longest"), ElementsAre(Pair("longest.cc", "mine")));
}

TEST_F(PluginNew, RefusesNamesThatNoPluginCanHave) {
  for (const std::string& name : {std::string(), std::string("Longest"), std::string("7up"), std::string("long-est"),
                                  std::string("../longest"), std::string("_"), std::string(65, 'a')}) {
    EXPECT_EQ(make("resolver", name), ExitCode::usage) << name;
    EXPECT_THAT(said, HasSubstr("\"" + name + "\": a name is of a-z, 0-9 and _"));
  }
  EXPECT_TRUE(fs::is_empty(here));
  EXPECT_EQ(make("resolver", std::string(64, 'a')), ExitCode::ok);
}

}  // namespace
}  // namespace stator::cli
