#include "tests/simulation/histories/report.h"

#include <cstdio>

namespace stator::simulation {
namespace {

std::string hex(std::uint64_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
  return text;
}

std::string decimal(double number, int places) {
  char text[48];
  std::snprintf(text, sizeof text, "%.*f", places, number);
  return text;
}

double seconds_of(Duration time) { return std::chrono::duration<double>(time).count(); }

/// Named numbers of a tally, in a fixed order: name, number.
template <typename Each>
void each_count(const Tally& tally, Each each) {
  for (std::size_t i = 0; i < kFaultKinds; ++i)
    each(std::string("fault.") + std::string(kFaultNames[i]), tally.faults[i]);
  for (std::size_t i = 0; i < kSeenKinds; ++i) each(std::string(kSeenNames[i]), tally.seen[i]);
  each("frames.sent", tally.requests_sent);
  each("frames.lost", tally.dropped);
  each("frames.cut_off", tally.cut_off);
  each("frames.repeated", tally.duplicated);
  each("frames.held_back", tally.straggled);
}

std::string counts(const Tally& tally) {
  std::string text;
  std::size_t column = 0;
  each_count(tally, [&](const std::string& name, std::uint64_t count) {
    if (count == 0) return;
    text += (column++ % 6 == 0 ? "\n  " : "  ") + name + "=" + std::to_string(count);
  });
  return text;
}

}  // namespace

std::string summary(const Plan& plan, const Verdict& verdict) {
  return "seed " + std::to_string(plan.seed) + ": " + describe(plan.configuration) + "\n  planned " +
         std::to_string(plan.faults.size()) + " faults and " +
         std::to_string(plan.requests.size() + plan.operations.size()) + " requests, ran " +
         decimal(seconds_of(verdict.virtual_time), 3) + " s, equal at most " +
         decimal(seconds_of(verdict.longest_heal), 3) + " s after the last fault, digest " + hex(verdict.digest) +
         counts(verdict.tally) + "\n  " + (verdict.violation ? "VIOLATED " + *verdict.violation : "nothing violated") +
         "\n";
}

std::string replay_command(std::uint64_t seed, const PlanOptions& options, const std::string& bug) {
  std::string text = (bug.empty() ? "stator_sim --seed " : "stator_sim_seeded --seed ") + std::to_string(seed);
  if (!options.directed.empty()) text += " --plan " + options.directed;
  if (options.collects) text += " --collects";
  if (options.blocking) text += " --blocking";
  if (options.datatypes) text += " --datatypes";
  if (!options.memtable) text += " --map";
  if (!options.faults) text += " --bench";
  return bug.empty() ? text : text + " --bug " + bug;
}

std::string failure_report(const Plan& plan, const Verdict& verdict, const Shrunk& shrunk, const std::string& replay) {
  std::string text = summary(plan, verdict);
  text += "\nThe shortest history found (" + std::to_string(shrunk.runs) + " tries) has " +
          std::to_string(shrunk.plan.faults.size()) + " faults and " +
          std::to_string(shrunk.plan.requests.size() + shrunk.plan.operations.size()) + " requests:\n  VIOLATED " +
          shrunk.verdict.violation.value_or("nothing") + "\n";
  for (const FaultStep& step : shrunk.plan.faults) text += "  " + describe(step) + "\n";
  for (const RequestStep& step : shrunk.plan.requests) text += "  " + describe(step) + "\n";
  for (const OperationStep& step : shrunk.plan.operations) text += "  " + describe(step) + "\n";
  return text + "\n" + shrunk.verdict.trace + "\nreplay: " + replay + "\n";
}

std::string totals(std::uint64_t histories, Duration virtual_time, const Tally& tally) {
  return std::to_string(histories) + " histories, " + decimal(seconds_of(virtual_time) / 3600, 2) +
         " simulated hours, " + std::to_string(tally.all_faults()) + " faults, " +
         std::to_string(tally.seen[static_cast<std::size_t>(Seen::acknowledged)]) + " acknowledged writes checked" +
         counts(tally) + "\n";
}

std::string never_met(const Tally& tally) {
  std::string text;
  each_count(tally, [&](const std::string& name, std::uint64_t count) {
    if (count == 0) text += (text.empty() ? "" : " ") + name;
  });
  return text;
}

}  // namespace stator::simulation
