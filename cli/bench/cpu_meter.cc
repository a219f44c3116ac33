#include "cli/bench/cpu_meter.h"

#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace stator::cli {
namespace {

Result<long> ticks_of(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto ticks = CpuMeter::parse_ticks(text);
  if (!ticks) {
    return Status(Code::not_found, path + ": no such process");
  }
  return *ticks;
}

}  // namespace

std::optional<long> CpuMeter::parse_ticks(std::string_view stat) {
  // The second field is the program's name in brackets and may hold spaces and brackets of its own.
  const auto name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) {
    return std::nullopt;
  }
  std::istringstream rest{std::string(stat.substr(name_end + 1))};
  std::string skipped;
  for (int field = 3; field < 14; ++field) {
    rest >> skipped;
  }
  long user = 0;
  long system = 0;
  if (!(rest >> user >> system)) {
    return std::nullopt;
  }
  return user + system;
}

Result<CpuMeter> CpuMeter::start(const std::vector<pid_t>& pids) {
  CpuMeter meter;
  for (const pid_t pid : pids) {
    const auto ticks = ticks_of(pid);
    if (!ticks.is_ok()) {
      return ticks.status();
    }
    meter.processes_.push_back({pid, *ticks});
  }
  return meter;
}

Result<std::vector<std::chrono::microseconds>> CpuMeter::used() const {
  const long per_second = sysconf(_SC_CLK_TCK);
  std::vector<std::chrono::microseconds> result;
  for (const Process& process : processes_) {
    const auto ticks = ticks_of(process.pid);
    if (!ticks.is_ok()) {
      return ticks.status();
    }
    result.emplace_back((*ticks - process.ticks) * 1'000'000 / per_second);
  }
  return result;
}

}  // namespace stator::cli
