#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "cli/http_client.h"
#include "cli/terminal.h"
#include "stator/status.h"

namespace stator::cli {

using Json = nlohmann::ordered_json;

/// What an answer says about the request: ok for 2xx; else the server's own words, with the endpoint before them.
Status outcome_of(const Endpoint& endpoint, const HttpResponse& response);

/// A page of JSON that a node serves. Fails if the node cannot be reached, refuses, or sends something else. [blocking]
Result<Json> fetch_json(const Endpoint& endpoint, const std::string& target);
/// The same of a page that does something.
Result<Json> post_json(const Endpoint& endpoint, const std::string& target);

/// Says on `err` why a verb has failed.
ExitCode fail(Terminal& terminal, const Status& status);

/// The text under `name` in an object: as it is if it is a string, as JSON if it is something else, empty if it is not
/// there.
std::string field_text(const Json& object, const std::string& name);

/// A share of one as per cent; empty if it is no number.
std::string percent(const Json& share, int decimals);

/// The number under `name`; 0 if there is none that has no sign and no fraction.
std::uint64_t field_number(const Json& object, const std::string& name);

/// An array or object under `name`; an empty one of no type if it is not there.
const Json& field(const Json& object, const std::string& name);

}  // namespace stator::cli
