#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/verbs.h"
#include "stator/testing/datatype_laws.h"
#include "stator/testing/membership_laws.h"
#include "stator/testing/resolver_laws.h"

// `stator plugin check` on plugins as they are installed, and on liars: libraries that are wrong in one way each.

namespace stator::cli {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using Json = nlohmann::json;

struct Checked {
  ExitCode code = ExitCode::ok;
  std::map<std::string, std::vector<std::string>> by_outcome;
  std::vector<std::string> details;  ///< of what did not pass
  std::string said;
};

Checked check(PluginCheckOptions options) {
  options.json = true;
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal{in, out, err};
  Checked checked;
  checked.code = run(options, terminal);
  checked.said = err.str();
  const Json json = Json::parse(out.str(), nullptr, false);
  if (!json.is_object()) return checked;
  for (const Json& entry : json["checks"]) {
    checked.by_outcome[entry["outcome"]].push_back(entry["name"]);
    if (entry["outcome"] == "passed") continue;
    for (const Json& detail : entry["details"]) checked.details.push_back(detail);
  }
  return checked;
}

std::string plugin(const std::string& name) { return STATOR_PLUGIN_DIRECTORY "/stator_" + name + ".so"; }
std::string liar(const std::string& name) { return TEST_LIARS "/stator_" + name + ".so"; }

std::vector<std::string> failed_of(const std::string& file) {
  const Checked checked = check({.file = file});
  EXPECT_EQ(checked.code, ExitCode::failed) << file;
  EXPECT_THAT(checked.by_outcome.count("crashed"), 0U);
  return checked.by_outcome.contains("failed") ? checked.by_outcome.at("failed") : std::vector<std::string>();
}

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

TEST(PluginCheck, NamesTheOneThingThatALiarDoesWrong) {
  EXPECT_THAT(failed_of(liar("resolver_two_symbols")), ElementsAre("ExportsOneSymbol"));
  EXPECT_THAT(failed_of(liar("resolver_early_thread")), ElementsAre("StartsNothingWhenLoaded"));
  EXPECT_THAT(failed_of(liar("resolver_strange_option")), ElementsAre("DescribesItself"));
  EXPECT_THAT(failed_of(liar("resolver_early_file")), ElementsAre("StartsNothingWhenCreated"));
  EXPECT_THAT(failed_of(liar("transport_lonely")), ElementsAre("TwoLiveSideBySide"));
  EXPECT_THAT(failed_of(liar("resolver_first_come")), ElementsAre("IgnoresOrder"));
}

/// The liar of the kind that breaks a law, "law" or "law, and how", and what of the kind's laws it does not keep.
template <typename Law>
void expect_a_liar_for_each(const std::string& kind, std::span<const Law> laws,
                            const std::vector<std::string>& more = {}) {
  std::vector<std::string> names;
  for (const Law& law : laws) names.emplace_back(law.name);
  const auto checked = [&](const std::string& lie) {
    return check({.file = liar(kind + "_breaks_a_law"), .options = {"law=" + lie}, .only = names});
  };
  EXPECT_THAT(checked("none").by_outcome, ElementsAre(Pair("passed", names)));
  std::vector<std::string> lies = names;
  lies.insert(lies.end(), more.begin(), more.end());
  for (const std::string& lie : lies) {
    EXPECT_THAT(checked(lie).by_outcome, ElementsAre(Pair("failed", ElementsAre(lie.substr(0, lie.find(',')))),
                                                     Pair("passed", SizeIs(names.size() - 1))))
        << kind << ": " << lie;
  }
}

TEST(PluginCheck, EachLawOfDataTypesHasALiarThatBreaksItAlone) {
  expect_a_liar_for_each("datatype", testing::datatype_laws());
}

TEST(PluginCheck, EachLawOfResolversHasALiarThatBreaksItAlone) {
  expect_a_liar_for_each("resolver", testing::resolver_laws(), {"WinnerIsASibling, or there is none"});
}

TEST(PluginCheck, EachLawOfMembershipsHasALiarThatBreaksItAlone) {
  expect_a_liar_for_each("membership", testing::membership_laws(), {"IsSilentAfterStop, the second"});
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
