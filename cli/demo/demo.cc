#include "cli/demo/demo.h"

#include <chrono>
#include <ostream>
#include <thread>

#include "cli/base64.h"

namespace stator::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kA = 0;
constexpr std::size_t kB = 1;
constexpr std::size_t kC = 2;
constexpr std::size_t kWritesWithoutC = 20;

std::string shell_quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return result + "'";
}

Status unexpected(const std::string& wanted, const HttpResponse& response) {
  return {Code::internal, "expected " + wanted + ", got HTTP " + std::to_string(response.status) + " " + response.body};
}

/// The values in the "siblings" of an answer, as far as they can be read.
std::vector<std::string> sibling_values(const Json& answer) {
  std::vector<std::string> values;
  for (const Json& sibling : field(answer, "siblings")) {
    values.push_back(base64_decoded(field_text(sibling, "valueBase64")).value_or("?"));
  }
  return values;
}

/// Tries until it holds or the time is over; says whether it held.
template <typename Condition>
bool wait_until(std::chrono::seconds patience, Condition&& condition) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) {
      return false;
    }
    std::this_thread::sleep_for(20ms);
  }
  return true;
}

}  // namespace

std::string curl_line(const Endpoint& node, const HttpRequest& request) {
  std::string line = "curl";
  if (request.method != "GET") {
    line += " -X " + request.method;
  }
  const std::string url = node.text() + request.target;
  line += " " + (url.find_first_of("?&") == std::string::npos ? url : shell_quoted(url));
  for (const auto& [name, value] : request.headers) {
    std::string header = name;
    header += ": ";
    header += value;
    line += " -H " + shell_quoted(header);
  }
  if (!request.body.empty()) {
    line += " -d " + shell_quoted(request.body);
  }
  return line;
}

void Demo::heading(const std::string& text) {
  terminal_.out << '\n' << ++step_ << ". " << text << "\n\n" << std::flush;
}

void Demo::say(const std::string& text) { terminal_.out << "   " << text << '\n' << std::flush; }

Result<HttpResponse> Demo::ask(std::size_t node, const HttpRequest& request) {
  say("$ " + curl_line(cluster_.http(node), request));
  HttpRequest as_curl = request;
  if (!request.body.empty()) {
    as_curl.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");  // what -d says
  }
  auto response = fetch(cluster_.http(node), as_curl);
  if (!response.is_ok()) {
    return response;
  }
  const std::string shown = response->body.substr(0, response->body.find_last_not_of('\n') + 1);
  say(shown.empty() ? "HTTP " + std::to_string(response->status) : shown);
  if (const auto context = response->header("X-Stator-Context"); !context.empty()) {
    context_ = context;
  }
  return response;
}

Status Demo::put(std::size_t node, const std::string& key, const std::string& value, const std::string& context) {
  HttpRequest request{.method = "PUT", .target = "/kv/" + key, .body = value};
  if (!context.empty()) {
    request.headers = {{"X-Stator-Context", context}};
  }
  const auto response = ask(node, request);
  if (!response.is_ok()) {
    return response.status();
  }
  return response->status == 204 ? Status::ok() : unexpected("a written value", *response);
}

Status Demo::expect_value(std::size_t node, const std::string& target, const std::string& value) {
  const auto response = ask(node, {.target = target});
  if (!response.is_ok()) {
    return response.status();
  }
  return response->status == 200 && response->body == value ? Status::ok() : unexpected("\"" + value + "\"", *response);
}

Status Demo::wait_for_own_copy(std::size_t node, const std::string& key, const std::string& value) {
  const HttpRequest request{.target = "/debug/siblings/" + key};
  const bool there = wait_until(10s, [&] {
    const auto tried = fetch(cluster_.http(node), request);
    const Json copy = tried.is_ok() ? Json::parse(tried->body, nullptr, false) : Json();
    return sibling_values(copy) == std::vector<std::string>{value};
  });
  const auto shown = ask(node, request);
  if (!shown.is_ok()) {
    return shown.status();
  }
  return there ? Status::ok() : unexpected("\"" + value + "\" within 10 s", *shown);
}

Status Demo::write_and_read_elsewhere() {
  heading("A value is written on node-a and read on node-c");
  if (Status status = put(kA, "greeting", "hello"); !status.is_ok()) {
    return status;
  }
  return expect_value(kC, "/kv/greeting", "hello");
}

Status Demo::lose_a_node() {
  heading("node-c dies; writing goes on, since two of three replicas are enough (w=2)");
  say("$ kill -9 " + std::to_string(cluster_.pid(kC)));
  cluster_.kill(kC);
  if (Status status = put(kA, "greeting", "hello again"); !status.is_ok()) {
    return status;
  }
  for (std::size_t i = 1; i <= kWritesWithoutC; ++i) {
    const std::string number = std::to_string(i);
    const HttpRequest request{.method = "PUT", .target = "/kv/number-" + number, .body = number};
    const auto response = fetch(cluster_.http(i % 2 == 0 ? kA : kB), request);
    if (!response.is_ok() || !response->ok()) {
      return response.is_ok() ? unexpected("a written value", *response) : response.status();
    }
  }
  say("... and " + std::to_string(kWritesWithoutC) + " more writes, by node-a and node-b in turn: all acknowledged");
  if (Status status = expect_value(kB, "/kv/greeting", "hello again"); !status.is_ok()) {
    return status;
  }
  return show_hints();
}

Status Demo::show_hints() {
  say("What node-c has missed is noted by whoever took the write, on disk: a hint each, until node-c has it:");
  const bool queued = wait_until(10s, [&] {
    std::size_t hints = 0;
    for (const std::size_t node : {kA, kB}) {
      const auto page = fetch_json(cluster_.http(node), "/debug/hints");
      hints += page.is_ok() ? field(*page, "count").get<std::size_t>() : 0;
    }
    return hints == kWritesWithoutC + 1;
  });
  for (const std::size_t node : {kA, kB}) {
    if (const auto page = ask(node, {.target = "/debug/hints"}); !page.is_ok()) {
      return page.status();
    }
  }
  return queued ? Status::ok() : Status(Code::internal, "the hints for node-c are not as many as its missed writes");
}

Status Demo::bring_it_back() {
  heading("node-c comes back with what it had, and is given what it missed: the hint queues drain");
  say("$ " + cluster_.command_text(kC));
  if (Status status = cluster_.start(kC); !status.is_ok()) {
    return status;
  }
  if (Status status = cluster_.wait_until_connected(); !status.is_ok()) {
    return status;
  }
  for (const std::size_t node : {kA, kB}) {
    const auto drained = ask(node, {.target = "/admin/hints/wait?timeout_ms=9000"});
    if (!drained.is_ok() || !drained->ok()) {
      return drained.is_ok() ? unexpected("drained hints", *drained) : drained.status();
    }
  }
  say("node-c's own copy, which nobody has asked for since:");
  return wait_for_own_copy(kC, "greeting", "hello again");
}

Status Demo::make_siblings() {
  heading("Two clients read the same version of a cart and write through two nodes: both versions are kept");
  if (Status status = put(kA, "cart", "milk"); !status.is_ok()) {
    return status;
  }
  const std::string read = context_;
  if (Status status = put(kA, "cart", "milk, bread", read); !status.is_ok()) {
    return status;
  }
  if (Status status = put(kB, "cart", "milk, eggs", read); !status.is_ok()) {
    return status;
  }
  say("Neither has seen the other's write, so neither replaces it:");
  const auto response = ask(kC, {.target = "/kv/cart", .headers = {{"Accept", "application/json"}}});
  if (!response.is_ok()) {
    return response.status();
  }
  const Json answer = Json::parse(response->body, nullptr, false);
  for (const std::string& value : sibling_values(answer)) {
    say("   sibling: " + value);
  }
  context_ = field_text(answer, "context");
  return sibling_values(answer).size() == 2 ? Status::ok() : unexpected("two siblings", *response);
}

Status Demo::resolve_siblings() {
  heading("A write with the context of that read has seen both, and replaces both");
  if (Status status = put(kC, "cart", "milk, bread, eggs", context_); !status.is_ok()) {
    return status;
  }
  const auto response = ask(kA, {.target = "/kv/cart", .headers = {{"Accept", "application/json"}}});
  if (!response.is_ok()) {
    return response.status();
  }
  const Json answer = Json::parse(response->body, nullptr, false);
  const bool one = sibling_values(answer).empty();
  const auto value = base64_decoded(field_text(answer, "valueBase64"));
  if (!one || value != "milk, bread, eggs") {
    return unexpected("one version again", *response);
  }
  say("   value: " + *value);
  return Status::ok();
}

Status Demo::walk() {
  for (const auto step : {&Demo::write_and_read_elsewhere, &Demo::lose_a_node, &Demo::bring_it_back,
                          &Demo::make_siblings, &Demo::resolve_siblings}) {
    if (Status status = (this->*step)(); !status.is_ok()) {
      return status;
    }
  }
  return Status::ok();
}

}  // namespace stator::cli
