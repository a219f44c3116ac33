#include "cli/http_client.h"

#include <strings.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

namespace stator::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

/// One exchange. Each step is an asynchronous operation that is waited for: only those have a time limit in Beast.
class Exchange {
 public:
  Exchange(const Endpoint& endpoint, std::chrono::milliseconds timeout) : endpoint_(endpoint), stream_(context_) {
    stream_.expires_after(timeout);
  }

  error_code connect() {
    // Resolved without the time limit: only a name would be slow, and nodes are mostly addresses.
    error_code error;
    const auto addresses = asio::ip::tcp::resolver(context_).resolve(endpoint_.host, endpoint_.port, error);
    if (!error) {
      stream_.async_connect(addresses, [&](error_code e, const auto&) { error = e; });
      wait();
    }
    return error;
  }

  error_code send(const HttpRequest& request) {
    http::request<http::string_body> message;
    message.method_string(request.method);
    message.target(request.target);
    message.version(11);
    message.set(http::field::host, endpoint_.authority());
    message.set(http::field::user_agent, "stator");
    message.set(http::field::connection, "close");
    for (const auto& [name, value] : request.headers) {
      message.set(name, value);
    }
    message.body() = request.body;
    if (!request.body.empty() || request.method == "PUT" || request.method == "POST") {
      message.prepare_payload();
    }
    error_code error;
    http::async_write(stream_, message, [&](error_code e, std::size_t) { error = e; });
    wait();
    return error;
  }

  error_code receive(bool head_only, HttpResponse& response) {
    http::response_parser<http::string_body> parser;
    parser.body_limit(boost::none);
    parser.skip(head_only);
    beast::flat_buffer buffer;
    error_code error;
    http::async_read(stream_, buffer, parser, [&](error_code e, std::size_t) { error = e; });
    wait();
    if (error) {
      return error;
    }
    response.status = parser.get().result_int();
    for (const auto& field : parser.get()) {
      response.headers.emplace_back(field.name_string(), field.value());
    }
    response.body = std::move(parser.get().body());
    return error;
  }

 private:
  void wait() {
    context_.restart();
    context_.run();
  }

  const Endpoint& endpoint_;
  asio::io_context context_{1};
  beast::tcp_stream stream_;
};

Status failure(const Endpoint& endpoint, const error_code& error) {
  if (error == beast::error::timeout) {
    return {Code::deadline_exceeded, endpoint.text() + ": no answer in time"};
  }
  if (error == http::error::end_of_stream || error == http::error::partial_message) {
    return {Code::unavailable, endpoint.text() + ": hung up without an answer"};
  }
  return {Code::unavailable, endpoint.text() + ": " + error.message()};
}

}  // namespace

std::string_view HttpResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key.size() == name.size() && strncasecmp(key.data(), name.data(), name.size()) == 0) {
      return value;
    }
  }
  return {};
}

Result<HttpResponse> fetch(const Endpoint& endpoint, const HttpRequest& request, std::chrono::milliseconds timeout) {
  if (endpoint.scheme != "http") {
    return Status(Code::invalid_argument, endpoint.text() + ": this speaks HTTP only; give an http:// URL");
  }
  Exchange exchange(endpoint, timeout);
  if (const auto error = exchange.connect()) {
    return failure(endpoint, error);
  }
  // A server may answer and hang up before it has read all of a body that it refuses: its answer is worth more than
  // our error, if it can still be read.
  const auto write_error = exchange.send(request);
  HttpResponse response;
  const auto read_error = exchange.receive(request.method == "HEAD", response);
  if (read_error) {
    return failure(endpoint, write_error ? write_error : read_error);
  }
  return response;
}

}  // namespace stator::cli
