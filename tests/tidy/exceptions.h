#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/tidy/rules.h"

namespace stator::tidy {

/// A place that may break a rule, and why. `path` is a file, or a directory with its slash.
struct Exception {
  std::string rule;
  std::string path;
  std::string reason;
};

/// One exception a line: `rule path reason…`. Empty lines and lines that begin with # mean nothing.
std::vector<Exception> parse_exceptions(std::string_view text);

/// What is left of a rule's findings after its exceptions, and one more finding for each exception that excused nothing
/// or has no reason: the list only shrinks.
std::vector<Finding> except(std::string_view rule, std::vector<Finding> found,
                            const std::vector<Exception>& exceptions);

}  // namespace stator::tidy
