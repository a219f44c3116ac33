#include <ostream>

#include "cli/answer.h"
#include "cli/verbs.h"

namespace stator::cli {
namespace {

HttpRequest request_of(const GetOptions& options) {
  HttpRequest request{.target = key_path(options.address.keyspace, options.address.key)};
  if (options.r) {
    add_query(request.target, "r", std::to_string(*options.r));
  }
  if (!options.consistency.empty()) {
    add_query(request.target, "consistency", options.consistency);
  }
  request.headers = {{"Accept", options.json ? "application/json" : "application/octet-stream"}};
  return request;
}

/// A missing key and a missing keyspace are both 404; only the latter has an error to tell.
bool is_absent_key(const HttpResponse& response) {
  const Json body = Json::parse(response.body, nullptr, false);
  return response.status == 404 && field(body, "error").is_null();
}

/// Several versions, of which nothing was picked: there is no value to print.
Status unresolved(const GetOptions& options, const HttpResponse& response) {
  return {Code::conflict, options.address.key + ": " + std::string(response.header("X-Stator-Siblings")) +
                              " concurrent versions, and none is picked. \"stator get --json\" shows all, and a put "
                              "with its context replaces them"};
}

void print_value(const GetOptions& options, const HttpResponse& response, Terminal& terminal) {
  terminal.out << response.body;
  if (terminal.out_is_tty && !options.raw && !response.body.ends_with('\n')) {
    terminal.out << '\n';
  }
  if (const auto siblings = response.header("X-Stator-Siblings"); !siblings.empty()) {
    terminal.err << "stator: " << siblings << " concurrent versions; this is the resolved one. \"stator get --json\" "
                 << "shows all, and a put with its context replaces them\n";
  }
}

}  // namespace

ExitCode run(const GetOptions& options, Terminal& terminal) {
  const Endpoint& node = options.address.node;
  const auto response = fetch(node, request_of(options));
  if (!response.is_ok()) {
    return fail(terminal, response.status());
  }
  if (is_absent_key(*response)) {
    if (options.json) {
      terminal.out << (response->body.empty() ? Json{{"found", false}}.dump() : response->body) << '\n';
    }
    return fail(terminal, {Code::not_found, options.address.key + ": not found"});
  }
  constexpr int kMultipleChoices = 300;
  if (response->status == kMultipleChoices) {
    return fail(terminal, unresolved(options, *response));
  }
  if (Status status = outcome_of(node, *response); !status.is_ok()) {
    return fail(terminal, status);
  }
  if (options.json) {
    terminal.out << response->body << '\n';
  } else {
    print_value(options, *response, terminal);
  }
  return ExitCode::ok;
}

}  // namespace stator::cli
