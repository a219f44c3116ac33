#include <algorithm>
#include <array>
#include <filesystem>
#include <ostream>

#include "cli/answer.h"
#include "cli/plugin_check/checks.h"
#include "cli/verbs.h"

namespace stator::cli {
namespace {

struct Report {
  Json checks = Json::array();
  std::array<std::size_t, 4> counts{};  ///< by Outcome

  std::size_t count(Outcome outcome) const { return counts[static_cast<std::size_t>(outcome)]; }
  bool good() const { return count(Outcome::failed) == 0 && count(Outcome::crashed) == 0; }

  void add(const Check& check, const Verdict& verdict) {
    ++counts[static_cast<std::size_t>(verdict.outcome)];
    checks.push_back({{"name", check.name},
                      {"sentence", check.sentence},
                      {"outcome", name_of(verdict.outcome)},
                      {"details", verdict.details}});
  }
  std::string summary() const {
    std::string text = std::to_string(checks.size()) + (checks.size() == 1 ? " check" : " checks");
    const char* separator = ": ";
    for (Outcome outcome : {Outcome::passed, Outcome::failed, Outcome::crashed, Outcome::skipped}) {
      if (count(outcome) == 0) continue;
      text += separator + std::to_string(count(outcome)) + " " + name_of(outcome);
      separator = ", ";
    }
    return text;
  }
};

void print(const Check& check, const Verdict& verdict, Terminal& terminal) {
  std::string outcome = name_of(verdict.outcome);
  outcome.resize(std::max<std::size_t>(outcome.size(), 9), ' ');
  terminal.out << outcome << check.name << ": " << check.sentence << '\n';
  for (const std::string& detail : verdict.details) terminal.out << "         " << detail << '\n';
  terminal.out.flush();
}

/// Those that are asked for; not_found for a name that none has.
Result<std::vector<Check>> wanted(const PluginCheckOptions& options) {
  const Subject subject{options.file, options.options, options.seed};
  std::vector<Check> checks = library_checks(subject);
  for (Check& law : law_checks(subject)) checks.push_back(std::move(law));
  if (options.only.empty()) return checks;
  std::vector<Check> chosen;
  for (const std::string& name : options.only) {
    const auto found =
        std::find_if(checks.begin(), checks.end(), [&](const Check& check) { return check.name == name; });
    if (found == checks.end()) {
      std::string names;
      for (const Check& check : checks) names += (names.empty() ? "" : ", ") + check.name;
      return Status(Code::not_found, "--only " + name + ": " + subject.file() + " has no such check; it has " + names);
    }
    chosen.push_back(*found);
  }
  return chosen;
}

}  // namespace

ExitCode run(const PluginCheckOptions& options, Terminal& terminal) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(options.file, error)) {
    terminal.err << "stator: " << options.file << ": no such file\n";
    return ExitCode::unfit;
  }
  const auto checks = wanted(options);
  if (!checks.is_ok()) {
    terminal.err << "stator: " << checks.status().message() << '\n';
    return ExitCode::usage;
  }
  Report report;
  for (const Check& check : *checks) {
    const Verdict verdict = options.in_process ? run_here(check) : run_in_child(check, options.patience);
    report.add(check, verdict);
    if (!options.json) print(check, verdict, terminal);
  }
  if (options.json) {
    const Json json{{"file", options.file}, {"seed", options.seed}, {"checks", report.checks}, {"good", report.good()}};
    terminal.out << json.dump() << '\n';
  } else {
    terminal.out << report.summary() << "; seed " << options.seed << '\n';
  }
  return report.good() ? ExitCode::ok : ExitCode::failed;
}

}  // namespace stator::cli
