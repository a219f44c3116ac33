#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "checked.h"
#include "cli/plugin_check/checks.h"
#include "kernel/plugins/loader.h"

// For every law of every kind a plugin that breaks it alone, and `stator plugin check` names exactly that law. Kinds
// and laws are asked of the checker: one without a liar fails here.

namespace stator::cli {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Not;
using Names = std::vector<std::string>;

Names names_of(const std::vector<Check>& checks) {
  Names names;
  for (const Check& check : checks) names.push_back(check.name);
  return names;
}

/// What the check of a plugin did not let pass.
Names broken(const PluginCheckOptions& options) {
  const Checked checked = check(options);
  Names names;
  for (const auto& [outcome, those] : checked.by_outcome) {
    if (outcome == "failed" || outcome == "crashed") names.insert(names.end(), those.begin(), those.end());
  }
  EXPECT_EQ(checked.code, names.empty() ? ExitCode::ok : ExitCode::failed) << checked.said;
  return names;
}

/// A kind's liars are one plugin, whose option says which law it breaks; but for the law about real files, for which a
/// storage must not declare itself deterministic.
const std::map<std::string, std::string> kElsewhere = {
    {"AcknowledgedWritesSurviveKill9", "storage_breaks_a_law_on_real_files"}};

PluginCheckOptions lie_of(const std::string& kind, const std::string& lie) {
  const auto elsewhere = kElsewhere.find(lie);
  const std::string name = elsewhere == kElsewhere.end() ? kind + "_breaks_a_law" : elsewhere->second;
  return {.file = liar(name), .options = {"law=" + lie}};
}

/// Other ways to break a law; up to the comma it is its name.
const std::multimap<std::string, std::string> kMoreLies = {
    {"datatype", "BearsItemsOnDemand, the second"},
    {"resolver", "WinnerIsASibling, or there is none"},
    {"membership", "IsSilentAfterStop, the second"},
    {"storage", "AcknowledgedWritesSurviveAPowerCut, the second"},
    {"transport", "EchoesEverySize, but twice"},
    {"transport", "KeepsDeadlines, but inside the call"},
    {"transport", "TellsWhyAHelloWasRefused, if it is read"},
};

class PluginLiars : public ::testing::TestWithParam<std::string> {
 protected:
  const std::string kind = GetParam();
  const Names laws = names_of(law_checks({.path = liar(kind + "_breaks_a_law"), .options = {}}));
};

TEST_P(PluginLiars, WhoDoesNotLieKeepsEveryLaw) {
  EXPECT_FALSE(laws.empty());
  const Checked checked = check(lie_of(kind, "none"));
  EXPECT_EQ(checked.code, ExitCode::ok) << ::testing::PrintToString(checked.details);
  for (const auto& [outcome, names] : checked.by_outcome) {
    for (const std::string& name : names) EXPECT_TRUE(outcome == "passed" || kElsewhere.contains(name)) << name;
  }
}

TEST_P(PluginLiars, EachLawIsBrokenAlone) {
  for (const std::string& law : laws) EXPECT_EQ(broken(lie_of(kind, law)), Names{law});
  const auto [first, last] = kMoreLies.equal_range(kind);
  for (auto more = first; more != last; ++more)
    EXPECT_EQ(broken(lie_of(kind, more->second)), Names{more->second.substr(0, more->second.find(','))});
}

Names kinds() {
  Names kinds;
  for (const auto& [kind, interface] : plugin_interfaces()) kinds.push_back(kind);
  return kinds;
}
INSTANTIATE_TEST_SUITE_P(Kinds, PluginLiars, ::testing::ValuesIn(kinds()), [](const auto& kind) { return kind.param; });

/// What comes back is old, wherever the log was begun anew; now and then it looks like half of a batch.
TEST(PluginLiars, OneWhoTakesFramesOfARecycledLogForNewOnesBreaksWhatIsSaidOfOpening) {
  EXPECT_EQ(broken(lie_of("storage", "old frames for new")),
            (Names{"ReopensAsItWasClosed", "AcknowledgedWritesSurviveAKill", "AcknowledgedWritesSurviveAPowerCut",
                   "BatchesAreWholeAfterAPowerCut", "StopsAfterAFailedSync"}));
}

TEST(PluginLiars, EachCheckOfAnyLibraryFailsAlone) {
  const std::map<std::string, std::string> liars = {
      {"LoadsAsAPlugin", "resolver_another_name"},          {"ExportsOneSymbol", "resolver_two_symbols"},
      {"StartsNothingWhenLoaded", "resolver_early_thread"}, {"DescribesItself", "resolver_strange_option"},
      {"StartsNothingWhenCreated", "resolver_early_file"},  {"TwoLiveSideBySide", "transport_lonely"},
  };
  for (const std::string& name : names_of(library_checks({}))) {
    if (name == "LeavesNothingBehind") continue;  // see plugin_check_test: not every build's allocator counts
    ASSERT_TRUE(liars.contains(name)) << name;
    const Names found = broken({.file = liar(liars.at(name))});
    // Of what does not load nothing else is known but what its file shows.
    if (name == "LoadsAsAPlugin") {
      EXPECT_THAT(found, AllOf(Contains(name), Not(Contains("ExportsOneSymbol"))));
    } else {
      EXPECT_EQ(found, Names{name});
    }
  }
}

}  // namespace
}  // namespace stator::cli
