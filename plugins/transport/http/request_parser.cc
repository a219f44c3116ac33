// The one translation unit that sees Beast.

#include "request_parser.h"

#include <algorithm>
#include <limits>
#include <optional>

#include <boost/beast/http/basic_parser.hpp>

#include "ascii.h"

namespace stator::http {
namespace {

namespace beast = boost::beast;
using BeastView = beast::string_view;

/// What a body may reserve before its bytes have come: a length is only a claim.
constexpr std::uint64_t kTrustedLength = 1 << 20;

BytesView view(BeastView text) { return {text.data(), text.size()}; }

Method method_of(beast::http::verb verb) {
  switch (verb) {
    case beast::http::verb::get: return Method::get;
    case beast::http::verb::head: return Method::head;
    case beast::http::verb::put: return Method::put;
    case beast::http::verb::delete_: return Method::del;
    case beast::http::verb::post: return Method::post;
    default: return Method::other;
  }
}

Refusal header_too_large(std::size_t limit) {
  return {431, "header_too_large", "the request's head is larger than " + std::to_string(limit) + " bytes", {}, {}, {}};
}

/// The request as far as it has come.
struct Draft {
  HttpRequest request;
  bool started = false;
  bool head_done = false;
  bool discards = false;
  std::uint64_t body_limit = 0;
  std::uint64_t body_received = 0;

  void field(beast::http::field name, BytesView text, BytesView value);
  bool take(BytesView piece);
};

void Draft::field(beast::http::field name, BytesView text, BytesView value) {
  const auto join = [&](std::string& to) {
    if (!to.empty()) to += ", ";
    to += value;
  };
  switch (name) {
    case beast::http::field::host: ++request.hosts; return;
    case beast::http::field::accept: return join(request.accept);
    case beast::http::field::content_type: ++request.content_types; return join(request.content_type);
    case beast::http::field::if_match: return join(request.if_match);
    case beast::http::field::if_none_match: return join(request.if_none_match);
    case beast::http::field::expect: return join(request.expect);
    case beast::http::field::transfer_encoding: return join(request.transfer_encoding);
    case beast::http::field::unknown: break;
    default: return;
  }
  if (same_ignoring_case(text, "x-stator-context")) join(request.context);
  if (same_ignoring_case(text, "x-stator-ttl")) join(request.ttl);
  if (same_ignoring_case(text, "traceparent")) join(request.traceparent);
}

bool Draft::take(BytesView piece) {
  body_received += piece.size();
  if (body_received > body_limit) return false;
  if (!discards) request.body += piece;
  return true;
}

/// Hands Beast's findings on.
class Sink final : public beast::http::basic_parser<true> {
 public:
  explicit Sink(Draft& draft) : draft_(draft) { body_limit(boost::none); }

 private:
  void on_request_impl(beast::http::verb verb, BeastView, BeastView target, int version, beast::error_code&) override {
    draft_.request.method = method_of(verb);
    draft_.request.target = view(target);
    draft_.request.http11 = version >= 11;
  }
  void on_response_impl(int, BeastView, int, beast::error_code&) override {}
  void on_field_impl(beast::http::field name, BeastView text, BeastView value, beast::error_code&) override {
    if (!draft_.head_done) draft_.field(name, view(text), view(value));  // trailers change nothing
  }
  void on_header_impl(beast::error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, beast::error_code&) override {}
  std::size_t on_body_impl(BeastView body, beast::error_code& error) override { return accept(body, error); }
  void on_chunk_header_impl(std::uint64_t, BeastView, beast::error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, BeastView body, beast::error_code& error) override {
    return accept(body, error);
  }
  void on_finish_impl(beast::error_code&) override {}

  std::size_t accept(BeastView body, beast::error_code& error) {
    if (draft_.take(view(body))) return body.size();
    error = beast::http::error::body_limit;
    return 0;
  }

  Draft& draft_;
};

}  // namespace

/// A request's parts as Beast reports them, gathered in an HttpRequest. Beast's parsers serve one message each.
class RequestParser::Grammar {
 public:
  explicit Grammar(std::size_t max_header_bytes) : max_header_bytes_(max_header_bytes) { next_request(); }

  Step feed(BytesView input);
  void next_request();

  Draft draft_;
  Refusal refusal_;

 private:
  Step fail(std::size_t used, Refusal refusal);
  Refusal refusal_for(const beast::error_code& error) const;
  std::optional<Refusal> finish_head();
  BytesView without_blank_lines(BytesView input) const;

  const std::size_t max_header_bytes_;
  std::size_t head_bytes_ = 0;
  std::optional<Sink> sink_;
};

void RequestParser::Grammar::next_request() {
  draft_.request.clear();
  if (draft_.request.body.capacity() > kTrustedLength) Bytes().swap(draft_.request.body);
  draft_.discards = draft_.head_done = draft_.started = false;
  draft_.body_limit = std::numeric_limits<std::uint64_t>::max();
  draft_.body_received = head_bytes_ = 0;
  sink_.emplace(draft_);
  sink_->header_limit(static_cast<std::uint32_t>(max_header_bytes_));
}

std::optional<Refusal> RequestParser::Grammar::finish_head() {
  draft_.head_done = true;
  draft_.request.keep_alive = sink_->keep_alive();
  draft_.request.has_body = !sink_->is_done();
  if (auto length = sink_->content_length()) {
    draft_.request.content_length = *length;
    draft_.request.body.reserve(static_cast<std::size_t>(std::min(*length, kTrustedLength)));
  }
  const std::string& coding = draft_.request.transfer_encoding;
  if (coding.empty()) return std::nullopt;
  if (!draft_.request.http11) return malformed("HTTP/1.0 has no Transfer-Encoding");
  if (!same_ignoring_case(coding, "chunked") || draft_.request.content_length) {
    return malformed("the only Transfer-Encoding is chunked, and without a Content-Length");
  }
  return std::nullopt;
}

/// Clients may send empty lines between requests.
BytesView RequestParser::Grammar::without_blank_lines(BytesView input) const {
  while (!draft_.started && input.starts_with("\r\n")) input.remove_prefix(2);
  return input;
}

RequestParser::Step RequestParser::Grammar::feed(BytesView input) {
  const BytesView useful = without_blank_lines(input);
  const std::size_t blank = input.size() - useful.size();
  if (useful.empty() || (!draft_.started && useful == "\r")) return {blank, Progress::starved};
  draft_.started = true;

  beast::error_code error;
  const std::size_t used = sink_->put(boost::asio::const_buffer(useful.data(), useful.size()), error);
  if (!draft_.head_done) head_bytes_ += used;
  const std::size_t rest = useful.size() - used;
  if (error == beast::http::error::need_more) {
    // Beast has judged only the part it could not use yet: of a head's fields, or of one chunk's line or trailer.
    if ((draft_.head_done ? 0 : head_bytes_) + rest < max_header_bytes_) return {blank + used, Progress::starved};
    return fail(blank + used, header_too_large(max_header_bytes_));
  }
  if (error) return fail(blank + used, refusal_for(error));
  if (!draft_.head_done && sink_->is_header_done()) {
    if (head_bytes_ > max_header_bytes_) return fail(blank + used, header_too_large(max_header_bytes_));
    if (auto refusal = finish_head()) return fail(blank + used, std::move(*refusal));
    return {blank + used, Progress::head};
  }
  return {blank + used, sink_->is_done() ? Progress::done : Progress::body};
}

RequestParser::Step RequestParser::Grammar::fail(std::size_t used, Refusal refusal) {
  refusal_ = std::move(refusal);
  return {used, Progress::failed};
}

Refusal RequestParser::Grammar::refusal_for(const beast::error_code& error) const {
  if (error == beast::http::error::header_limit) return header_too_large(max_header_bytes_);
  if (error == beast::http::error::body_limit) {
    return too_large("the body is larger than " + std::to_string(draft_.body_limit) + " bytes");
  }
  return malformed("this is not HTTP/1.1: " + error.message());
}

RequestParser::RequestParser(std::size_t max_header_bytes) : grammar_(std::make_unique<Grammar>(max_header_bytes)) {}
RequestParser::~RequestParser() = default;

RequestParser::Step RequestParser::feed(BytesView input) { return grammar_->feed(input); }
HttpRequest& RequestParser::request() { return grammar_->draft_.request; }
const HttpRequest& RequestParser::request() const { return grammar_->draft_.request; }
bool RequestParser::started() const { return grammar_->draft_.started; }
bool RequestParser::in_body() const { return grammar_->draft_.head_done; }
std::uint64_t RequestParser::body_received() const { return grammar_->draft_.body_received; }
void RequestParser::limit_body(std::uint64_t bytes) { grammar_->draft_.body_limit = bytes; }
void RequestParser::discard_body() { grammar_->draft_.discards = true; }
void RequestParser::next_request() { grammar_->next_request(); }
const Refusal& RequestParser::refusal() const { return grammar_->refusal_; }

}  // namespace stator::http
