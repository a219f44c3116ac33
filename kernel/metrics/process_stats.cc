#include "kernel/metrics/process_stats.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace stator {
namespace {

// /proc/self/stat behind the command's name, which may hold anything but ends with the last ')'. Fields as in proc(5),
// from 3.
std::vector<std::string> stat_fields() {
  std::ifstream file("/proc/self/stat");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  std::istringstream rest(text.substr(std::min(text.size(), text.rfind(')') + 1)));
  return {std::istream_iterator<std::string>(rest), {}};
}

double boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string word; file >> word;) {
    double seconds = 0;
    if (word == "btime" && file >> seconds) return seconds;
  }
  return 0;
}

double open_files() {
  std::error_code ignored;
  const std::filesystem::directory_iterator entries("/proc/self/fd", ignored);
  return static_cast<double>(std::distance(begin(entries), end(entries)));
}

}  // namespace

ProcessStats read_process_stats() {
  ProcessStats stats;
  rusage used{};
  if (getrusage(RUSAGE_SELF, &used) == 0) {
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    stats.cpu_seconds = seconds(used.ru_utime) + seconds(used.ru_stime);
  }
  const std::vector<std::string> fields = stat_fields();
  constexpr std::size_t kStart = 22 - 3, kVirtual = 23 - 3, kResident = 24 - 3;
  if (fields.size() > kResident) {
    stats.virtual_bytes = std::stod(fields[kVirtual]);
    stats.resident_bytes = std::stod(fields[kResident]) * static_cast<double>(sysconf(_SC_PAGESIZE));
    stats.start_time_seconds = boot_time() + std::stod(fields[kStart]) / static_cast<double>(sysconf(_SC_CLK_TCK));
  }
  stats.open_fds = open_files();
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) stats.max_fds = static_cast<double>(files.rlim_cur);
  return stats;
}

}  // namespace stator
