#pragma once

#include <optional>
#include <set>
#include <string>

#include "tests/cluster/http_client.h"

namespace stator::cluster {

/// A key as JSON, whatever form its value was written in.
HttpAnswer get_json(HttpClient& client, const std::string& target);

/// The values such an answer shows: all siblings', or the one; none of a removal, or of a 404. Nothing unless it is an
/// answer.
std::optional<std::set<std::string>> values_of(const HttpAnswer& answer);

}  // namespace stator::cluster
