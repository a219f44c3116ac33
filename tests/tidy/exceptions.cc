#include "tests/tidy/exceptions.h"

#include <sstream>

namespace stator::tidy {

std::vector<Exception> parse_exceptions(std::string_view text) {
  std::vector<Exception> all;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#') continue;
    Exception exception;
    std::istringstream words(line);
    words >> exception.rule >> exception.path >> std::ws;
    std::getline(words, exception.reason);
    all.push_back(exception);
  }
  return all;
}

std::vector<Finding> except(std::string_view rule, std::vector<Finding> found,
                            const std::vector<Exception>& exceptions) {
  for (const Exception& exception : exceptions) {
    if (exception.rule != rule) continue;
    const auto excused = std::erase_if(found, [&](const Finding& finding) {
      return finding.path == exception.path ||
             (exception.path.ends_with('/') && finding.path.starts_with(exception.path));
    });
    if (excused == 0) found.push_back({exception.path, 0, "its exception excuses nothing; remove it"});
    if (exception.reason.empty()) found.push_back({exception.path, 0, "its exception has no reason"});
  }
  return found;
}

}  // namespace stator::tidy
