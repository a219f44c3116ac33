#include <ostream>

#include "cli/answer.h"
#include "cli/verbs.h"

namespace stator::cli {
namespace {

/// Puts "name=text" or "name:=JSON" into the call; what is neither is invalid_argument.
Status add_argument(const std::string& argument, Json& call) {
  const std::size_t equals = argument.find('=');
  if (equals == std::string::npos || equals == 0) {
    return {Code::invalid_argument, "\"" + argument + "\" is not NAME=TEXT or NAME:=JSON"};
  }
  const bool is_json = argument[equals - 1] == ':';
  const std::string name = argument.substr(0, is_json ? equals - 1 : equals);
  const std::string text = argument.substr(equals + 1);
  Json value = is_json ? Json::parse(text, nullptr, false) : Json(text);
  if (value.is_discarded()) {
    return {Code::invalid_argument, "\"" + text + "\" is no JSON"};
  }
  if (name.empty() || !call.emplace(name, std::move(value)).second) {
    return {Code::invalid_argument, "\"" + argument + "\" has no name of its own"};
  }
  return Status::ok();
}

Result<HttpRequest> request_of(const UpdateOptions& options) {
  Json call = {{"op", options.op}};
  for (const std::string& argument : options.arguments) {
    if (Status added = add_argument(argument, call); !added.is_ok()) {
      return added;
    }
  }
  HttpRequest request{.method = "POST", .target = key_path(options.address.keyspace, options.address.key)};
  if (options.w) {
    add_query(request.target, "w", std::to_string(*options.w));
  }
  if (options.ttl) {
    add_query(request.target, "ttl_ms", std::to_string(options.ttl->count()));
  }
  if (!options.op_id.empty()) {
    add_query(request.target, "opId", options.op_id);
  }
  request.headers = {{"Content-Type", "application/json"}};
  if (!options.context.empty()) {
    request.headers.emplace_back("X-Stator-Context", options.context);
  }
  request.body = call.dump(-1, ' ', false, Json::error_handler_t::replace);
  return request;
}

}  // namespace

ExitCode run(const UpdateOptions& options, Terminal& terminal) {
  const Endpoint& node = options.address.node;
  const Result<HttpRequest> request = request_of(options);
  if (!request.is_ok()) {
    terminal.err << "stator: " << request.status().message() << '\n';
    return ExitCode::usage;
  }
  const auto response = fetch(node, *request);
  if (!response.is_ok()) {
    return fail(terminal, response.status());
  }
  if (Status status = outcome_of(node, *response); !status.is_ok()) {
    return fail(terminal, status);
  }
  if (options.json) {
    terminal.out << response->body << '\n';
    return ExitCode::ok;
  }
  const Json document = Json::parse(response->body, nullptr, false);
  terminal.out << "context " << field_text(document, "context") << '\n';
  return ExitCode::ok;
}

}  // namespace stator::cli
