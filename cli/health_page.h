#pragma once

#include <string>
#include <vector>

#include "cli/answer.h"

namespace stator::cli {

/// What a node's /admin/health complains about: a line like "keyspaces.carts is refused" for each part that is not ok,
/// and one for each setting of a keyspace that another node has otherwise.
std::vector<std::string> troubles_of(const Json& page);

}  // namespace stator::cli
