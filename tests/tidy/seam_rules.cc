#include <regex>
#include <string>

#include "tests/tidy/file_rules.h"

namespace stator::tidy {
namespace {

/// What the simulator must own comes in from outside. Here is where "outside" is.
bool is_outside(const std::string& path) {
  for (std::string_view prefix : {"kernel/node/", "kernel/loops/", "kernel/files/posix_", "cli/", "tests/",
                                  "plugins/transport/", "plugins/storage/rocksdb/", "sdk/testing/"}) {
    if (path.starts_with(prefix)) return true;
  }
  return false;
}

struct Seam {
  const char* what;
  std::regex pattern;
};

const std::vector<Seam>& seams() {
  static const std::vector<Seam> all = {
      {"reads a clock",
       std::regex(R"((_clock|\bClock)::now\(|\b(clock_gettime|gettimeofday|localtime)\b|\btime\(nullptr\))")},
      {"makes randomness", std::regex(R"(\bs?rand\(|\b(random_device|drand48|getrandom)\b)")},
      {"starts a thread", std::regex(R"(\bstd::(jthread\b|thread\b(?!::)|async\b)|\bpthread_create\b|\bfork\(\))")},
      {"sleeps", std::regex(R"(\bsleep_(for|until)\b|\b(u|nano)?sleep\()")},
      {"touches files", std::regex(R"((^|[^\w>)])::(open|openat|fopen|pread|pwrite|fsync|fdatasync|rename|unlink)\()"
                                   R"(|\bfopen\(|\bstd::(i|o)?fstream\b|\bstd::filesystem::(?!path\b))")},
      {"touches the network", std::regex(R"((^|[^\w>)])::(socket|connect|bind|listen|accept)\(|\basio::ip::)")},
      {"reads the environment", std::regex(R"(\bgetenv\b)")},
  };
  return all;
}

}  // namespace

Findings check_seams(const SourceFile& file) {
  Findings found;
  if (!is_cxx(file) || is_outside(file.path)) return found;
  for (std::size_t i = 0; i < file.code.size(); ++i) {
    if (file.code[i].starts_with("#include")) continue;
    for (const Seam& seam : seams()) {
      if (std::regex_search(file.code[i], seam.pattern)) {
        found.push_back({file.path, i + 1, seam.what});
      }
    }
  }
  return found;
}

}  // namespace stator::tidy
