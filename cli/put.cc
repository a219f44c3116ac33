#include <istream>
#include <iterator>
#include <ostream>

#include "cli/answer.h"
#include "cli/verbs.h"

namespace stator::cli {
namespace {

Bytes value_of(const PutOptions& options, Terminal& terminal) {
  return options.value == "-" ? Bytes(std::istreambuf_iterator<char>(terminal.in), {}) : options.value;
}

/// The value as the body: what is written is what will be read.
HttpRequest request_of(const PutOptions& options, Bytes value) {
  HttpRequest request{.method = "PUT", .target = key_path(options.address.keyspace, options.address.key)};
  if (options.w) {
    add_query(request.target, "w", std::to_string(*options.w));
  }
  if (options.ttl) {
    add_query(request.target, "ttl_ms", std::to_string(options.ttl->count()));
  }
  if (!options.op_id.empty()) {
    add_query(request.target, "opId", options.op_id);
  }
  const std::string type = options.content_type.empty() ? "application/octet-stream" : options.content_type;
  add_query(request.target, "raw", "true");  // a value of type application/json is no envelope
  request.headers = {{"Content-Type", type}};
  if (!options.context.empty()) {
    request.headers.emplace_back("X-Stator-Context", options.context);
  }
  request.body = std::move(value);
  return request;
}

/// The answer in the JSON form, whichever form it came in.
Json document_of(const HttpResponse& response) {
  Json document = Json::parse(response.body, nullptr, false);
  if (!document.is_object()) {
    document = {{"ok", true}, {"context", response.header("X-Stator-Context")}};
    if (const auto tag = response.header("ETag"); !tag.empty()) {
      document["etag"] = tag;
    }
  }
  return document;
}

}  // namespace

ExitCode run(const PutOptions& options, Terminal& terminal) {
  const Endpoint& node = options.address.node;
  const auto response = fetch(node, request_of(options, value_of(options, terminal)));
  if (!response.is_ok()) {
    return fail(terminal, response.status());
  }
  if (Status status = outcome_of(node, *response); !status.is_ok()) {
    return fail(terminal, status);
  }
  const Json document = document_of(*response);
  if (options.json) {
    terminal.out << document.dump() << '\n';
  } else {
    terminal.out << "context " << field_text(document, "context") << '\n';
  }
  return ExitCode::ok;
}

}  // namespace stator::cli
