#include <ostream>

#include "cli/answer.h"
#include "cli/verbs.h"

namespace stator::cli {
namespace {

HttpRequest request_of(const DeleteOptions& options) {
  HttpRequest request{.method = "DELETE", .target = key_path(options.address.keyspace, options.address.key)};
  if (options.w) {
    add_query(request.target, "w", std::to_string(*options.w));
  }
  Json body = Json::object();
  if (!options.context.empty()) {
    body["context"] = options.context;
  }
  if (!options.op_id.empty()) {
    body["opId"] = options.op_id;
  }
  request.headers = {{"Content-Type", "application/json"}};
  request.body = body.dump();
  return request;
}

}  // namespace

ExitCode run(const DeleteOptions& options, Terminal& terminal) {
  const Endpoint& node = options.address.node;
  const auto response = fetch(node, request_of(options));
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
