#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "checked.h"

// `stator plugin check` on plugins as they are installed, and how it says what is wrong; that it names every law that a
// plugin breaks is the matter of plugin_liars_test.

namespace stator::cli {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string plugin(const std::string& name) { return STATOR_PLUGIN_DIRECTORY "/stator_" + name + ".so"; }

TEST(PluginCheck, PluginsOfTheTreePass) {
  for (const PluginCheckOptions& options :
       {PluginCheckOptions{.file = plugin("resolver_lww")}, PluginCheckOptions{.file = plugin("datatype_add_wins_set")},
        PluginCheckOptions{.file = plugin("datatype_lww_map")}, PluginCheckOptions{.file = plugin("datatype_or_map")},
        PluginCheckOptions{.file = plugin("datatype_pn_counter")},
        PluginCheckOptions{.file = plugin("membership_static")}, PluginCheckOptions{.file = plugin("transport_tcp")},
        PluginCheckOptions{.file = plugin("transport_http")},
        PluginCheckOptions{.file = plugin("storage_memtable"),
        .options = {"segment_bytes=4KiB", "snapshot_after_bytes=5000"}},
        PluginCheckOptions{.file = plugin("storage_rocksdb")}}) {
    const Checked checked = check(options);
    EXPECT_EQ(checked.code, ExitCode::ok) << options.file;
    EXPECT_FALSE(checked.by_outcome.contains("failed") || checked.by_outcome.contains("crashed"))
        << options.file << ": " << ::testing::PrintToString(checked.details);
    EXPECT_GE(checked.by_outcome.at("passed").size(), 6U) << options.file;
  }
}

TEST(PluginCheck, ALibraryThatIsNoPluginFailsWithTheLoadersWords) {
  const Checked checked = check({.file = liar("resolver_another_name")});
  EXPECT_THAT(checked.by_outcome.at("failed"), Contains("LoadsAsAPlugin"));
  EXPECT_THAT(checked.details, Contains(HasSubstr("somebody")));
}

TEST(PluginCheck, ALeakIsFoundWhereTheAllocatorCounts) {
  const Checked checked = check({.file = liar("resolver_leaky"), .only = {"LeavesNothingBehind"}});
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  EXPECT_THAT(checked.by_outcome.at("skipped"), ElementsAre("LeavesNothingBehind"));
#else
  EXPECT_THAT(checked.by_outcome.at("failed"), ElementsAre("LeavesNothingBehind"));
  EXPECT_THAT(checked.details, ElementsAre(HasSubstr("100 instances leave")));
#endif
}

TEST(PluginCheck, ACrashAndAHangAreResults) {
  const Checked fallen = check({.file = liar("resolver_falls_over")});
  EXPECT_EQ(fallen.code, ExitCode::failed);
  EXPECT_THAT(fallen.by_outcome.at("crashed"), ElementsAre("ThrowsNothing", "IgnoresOrder", "IsDeterministic",
                                                           "BearsParallelCalls", "WinnerIsASibling"));
  EXPECT_THAT(fallen.details, Contains(HasSubstr("signal 9")));

  const Checked hanging =
      check({.file = liar("resolver_never_ends"), .only = {"IgnoresOrder"}, .patience = std::chrono::seconds(1)});
  EXPECT_THAT(hanging.by_outcome.at("crashed"), ElementsAre("IgnoresOrder"));
  EXPECT_THAT(hanging.details, ElementsAre("it did not end within 1 s"));
}

TEST(PluginCheck, TheSeedDecidesAndOnlyChooses) {
  const PluginCheckOptions options{.file = liar("resolver_first_come"), .only = {"IgnoresOrder"}, .seed = 7};
  const Checked once = check(options);
  EXPECT_THAT(once.details, Each(HasSubstr("seed 7")));
  EXPECT_EQ(once.details, check(options).details);
  PluginCheckOptions here = options;
  here.in_process = true;
  EXPECT_EQ(once.details, check(here).details);
  EXPECT_EQ(once.by_outcome.size(), 1U);
}

TEST(PluginCheck, WrongUseIsToldByName) {
  const Checked no_law = check({.file = plugin("resolver_lww"), .only = {"IgnoresOrders"}});
  EXPECT_EQ(no_law.code, ExitCode::usage);
  EXPECT_THAT(no_law.said, HasSubstr("IgnoresOrders"));
  EXPECT_THAT(no_law.said, HasSubstr("WinnerOfWinnersIsTheWinner"));
  const Checked no_file = check({.file = plugin("resolver_none")});
  EXPECT_EQ(no_file.code, ExitCode::unfit);
  const Checked no_option = check({.file = plugin("storage_memtable"), .options = {"segment_byte=4KiB"}});
  EXPECT_THAT(no_option.details, Each(HasSubstr("segment_byte")));
  EXPECT_THAT(no_option.details, Contains(HasSubstr("segment_bytes"))) << "what was probably meant";
}

TEST(PluginDescribe, ShowsTheOptionsAsATable) {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal{in, out, err};
  EXPECT_EQ(run(PluginDescribeOptions{.file = plugin("storage_memtable")}, terminal), ExitCode::ok);
  EXPECT_THAT(out.str(), HasSubstr("storage memtable"));
  EXPECT_THAT(out.str(), HasSubstr("segment_bytes         bytes  64MiB"));
  EXPECT_EQ(run(PluginDescribeOptions{.file = liar("resolver_another_name")}, terminal), ExitCode::failed);
  EXPECT_THAT(err.str(), HasSubstr("somebody"));
}

}  // namespace
}  // namespace stator::cli
