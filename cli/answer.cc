#include "cli/answer.h"

#include <chrono>
#include <cstdio>
#include <ostream>

namespace stator::cli {
namespace {

Code code_of(int status) {
  switch (status) {
    case 400: return Code::invalid_argument;
    case 401: return Code::unauthenticated;
    case 403: return Code::permission_denied;
    case 404: return Code::not_found;
    case 409: return Code::conflict;
    case 412: return Code::failed_precondition;
    case 413: return Code::too_large;
    case 429: return Code::resource_exhausted;
    case 503: return Code::unavailable;
    case 504: return Code::deadline_exceeded;
    case 507: return Code::storage_full;
    default: return Code::internal;
  }
}

Result<Json> page_of(const Endpoint& endpoint, const std::string& method, const std::string& target) {
  const auto response = fetch(endpoint, {.method = method, .target = target}, std::chrono::seconds(5));
  if (!response.is_ok()) {
    return response.status();
  }
  if (Status status = outcome_of(endpoint, *response); !status.is_ok()) {
    return status;
  }
  Json page = Json::parse(response->body, nullptr, false);
  if (!page.is_object()) {
    return Status(Code::internal, endpoint.text() + target + ": not the JSON that a node would send");
  }
  return page;
}

}  // namespace

Status outcome_of(const Endpoint& endpoint, const HttpResponse& response) {
  if (response.ok()) {
    return Status::ok();
  }
  std::string message = endpoint.text() + ": HTTP " + std::to_string(response.status);
  const Json body = Json::parse(response.body, nullptr, false);
  if (body.is_object()) {
    for (const char* name : {"error", "message"}) {
      const std::string text = field_text(body, name);
      message += text.empty() ? "" : ": " + text;
    }
    if (body.contains("required") && body.contains("acked")) {
      message += " (" + field_text(body, "acked") + " of " + field_text(body, "required") + ")";
    }
  }
  return {code_of(response.status), message};
}

Result<Json> fetch_json(const Endpoint& endpoint, const std::string& target) {
  return page_of(endpoint, "GET", target);
}

Result<Json> post_json(const Endpoint& endpoint, const std::string& target) {
  return page_of(endpoint, "POST", target);
}

ExitCode fail(Terminal& terminal, const Status& status) {
  terminal.err << "stator: " << status.message() << (status.message().ends_with('\n') ? "" : "\n");
  return ExitCode::failed;
}

std::string field_text(const Json& object, const std::string& name) {
  const Json& value = field(object, name);
  if (value.is_null()) {
    return "";
  }
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string percent(const Json& share, int decimals) {
  char text[32] = "";
  if (share.is_number()) {
    std::snprintf(text, sizeof text, "%.*f %%", decimals, share.get<double>() * 100);
  }
  return text;
}

std::uint64_t field_number(const Json& object, const std::string& name) {
  const Json& value = field(object, name);
  return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
}

const Json& field(const Json& object, const std::string& name) {
  static const Json kNothing;
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found == object.end() ? kNothing : *found;
}

}  // namespace stator::cli
