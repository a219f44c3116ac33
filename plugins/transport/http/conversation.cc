#include "conversation.h"

#include <utility>

#include "ascii.h"
#include "envelope.h"
#include "negotiation.h"
#include "write_request.h"

namespace stator::http {
namespace {

/// A refused request's body is read and thrown away up to this size, so that the connection can go on; else it is
/// closed.
constexpr std::uint64_t kDiscardable = 64 << 10;

constexpr BytesView kJson = "application/json";

/// Whether an If-None-Match field names this tag; weakly, as the method's rule is.
bool names_tag(BytesView field, BytesView tag) {
  while (!field.empty()) {
    BytesView item = trimmed(take_until(field, ','));
    if (item == "*") return true;
    if (item.starts_with("W/")) item.remove_prefix(2);
    if (item.size() == tag.size() + 2 && item.substr(1, tag.size()) == tag) return true;
  }
  return false;
}

}  // namespace

Conversation::Conversation(Surroundings around, Task wake)
    : around_(around), wake_(std::move(wake)), parser_(around.limits.max_header_bytes) {}

std::size_t Conversation::receive(BytesView input) {
  std::size_t taken = 0;
  while (wants_input()) {
    const bool was_started = parser_.started();
    const RequestParser::Step step = parser_.feed(input.substr(taken));
    taken += step.used;
    if (!was_started && parser_.started()) ++stage_;
    switch (step.progress) {
      case RequestParser::Progress::starved: return taken;
      case RequestParser::Progress::head: on_head(); break;
      case RequestParser::Progress::body: break;
      case RequestParser::Progress::done: on_request(); break;
      case RequestParser::Progress::failed: refuse_and_stop(parser_.refusal()); break;
    }
  }
  return taken;
}

Conversation::Phase Conversation::phase() const {
  if (held_ || !replies_.empty()) return Phase::waiting;
  if (!input_open_ || !parser_.started()) return Phase::idle;
  return parser_.in_body() ? Phase::body : Phase::head;
}

void Conversation::end_input() { input_open_ = false; }

void Conversation::drain() {
  if (parser_.started() && !held_) cut_short_ = true;
  input_open_ = false;
}

void Conversation::give_up() {
  drain();
  deaf_ = true;
  if (std::exchange(held_, false)) replies_.open(make_exchange());
  while (!replies_.empty()) {
    refuse(replies_.first(), {503, "unavailable", "this node is stopping; a write may still take effect", {}, {}, {}});
  }
}

void Conversation::time_out() {
  refuse_and_stop({408, "request_timeout", "the request did not arrive in time", {}, {}, {}});
  wake_();
}

void Conversation::turn_away() {
  refuse_and_stop({503, "unavailable", "this node has as many connections as it may have", {}, {}, {}});
  wake_();
}

void Conversation::abandon() {
  deaf_ = true;
  input_open_ = held_ = false;
  wake_ = [] {};
}

// --- Reading -------------------------------------------------------------------------------------------------------

void Conversation::on_head() {
  ++stage_;
  if (auto refusal = check_head()) {
    if (!discard_rest()) return refuse_and_stop(*refusal);
    parser_.discard_body();
    parser_.limit_body(kDiscardable);
    route_ = std::move(*refusal);
  }
  if (!parser_.request().has_body) return on_request();
  continue_due_ = parser_.request().http11 && !parser_.request().expect.empty();
  continue_if_due();
}

/// Everything that can be judged before the body comes; sets route_ and the body's limit.
std::optional<Refusal> Conversation::check_head() {
  const HttpRequest& request = parser_.request();
  if (request.hosts != 1 && (request.http11 || request.hosts > 1)) return malformed("there must be one Host field");
  if (request.content_types > 1) return malformed("there are several Content-Type fields");
  auto routed = route(request.method, request.target);
  if (auto* refusal = std::get_if<Refusal>(&routed)) return std::move(*refusal);
  route_ = std::move(routed);
  if (!request.expect.empty() && !same_ignoring_case(request.expect, "100-continue")) {
    return Refusal{417, "expectation_failed", "the only expectation is 100-continue", {}, {}, {}};
  }
  const Route& asked = std::get<Route>(route_);
  const std::uint64_t limit = asked.resource == Route::Resource::action
                                  ? Clients::kMaxActionBytes
                                  : body_limit(request, asked.query, around_.clients.max_value_bytes());
  if (request.content_length.value_or(0) > limit) {
    return too_large("the body has " + std::to_string(*request.content_length) + " bytes; at most " +
                     std::to_string(limit) + " are taken");
  }
  parser_.limit_body(limit);
  return std::nullopt;
}

/// Whether it is better to read a refused request's body than to close. A client that waits for 100 may never send it.
bool Conversation::discard_rest() const {
  const HttpRequest& request = parser_.request();
  return !request.has_body ||
         (request.expect.empty() && request.content_length.value_or(kDiscardable + 1) <= kDiscardable);
}

/// The go-ahead of Expect: 100-continue, when the replies before it have been given.
void Conversation::continue_if_due() {
  if (!continue_due_ || !replies_.empty()) return;
  continue_due_ = false;
  replies_.output() += "HTTP/1.1 100 Continue\r\n\r\n";
  wake_();
}

void Conversation::on_request() {
  held_ = true;
  continue_due_ = false;
  if (!parser_.request().keep_alive) input_open_ = false;
  dispatch_held();
}

/// A reply to what cannot be read to its end; the connection closes behind it.
void Conversation::refuse_and_stop(const Refusal& refusal) {
  input_open_ = held_ = false;
  cut_short_ = true;
  refuse(replies_.open({}), refusal);
}

// --- Asking the kernel ---------------------------------------------------------------------------------------------

void Conversation::dispatch_held() {
  if (!held_) return;
  const bool safe = parser_.request().is_safe();
  if (!replies_.empty() && (unsafe_in_flight_ || !safe)) return;
  held_ = false;
  const Ticket ticket = replies_.open(make_exchange());
  unsafe_in_flight_ = !safe;
  dispatch(ticket);
  parser_.next_request();
  ++stage_;
}

Exchange Conversation::make_exchange() {
  HttpRequest& request = parser_.request();
  Exchange exchange;
  exchange.head_only = request.method == Method::head;
  exchange.http10 = !request.http11;
  exchange.safe = request.is_safe();
  const Route* route = std::get_if<Route>(&route_);
  if (route == nullptr) return exchange;
  exchange.raw = route->query.raw;
  exchange.accept = std::move(request.accept);
  if (exchange.safe) {
    exchange.if_none_match = std::move(request.if_none_match);
  } else if (request.method == Method::post) {
    exchange.wants_json = true;
  } else if (request.method == Method::del) {
    exchange.wants_json = !request.body.empty() || is_json(request.content_type) || is_json(exchange.accept);
  } else {
    exchange.wants_json = has_envelope(request, route->query);
  }
  return exchange;
}

void Conversation::dispatch(Ticket ticket) {
  if (const auto* refusal = std::get_if<Refusal>(&route_)) return refuse(ticket, *refusal);
  const Route& route = std::get<Route>(route_);
  if (route.resource == Route::Resource::health) {
    return reply(ticket, [](Bytes& out, const Framing& framing) {
      append_response({.content_type = "text/plain; charset=utf-8", .body = "ok\n"}, framing, out);
    });
  }
  if (route.resource == Route::Resource::page) return dispatch_page(ticket);
  if (route.resource == Route::Resource::action) return dispatch_action(ticket);
  return parser_.request().is_safe() ? dispatch_get(ticket) : dispatch_write(ticket);
}

void Conversation::set_deadline(RequestHead& head) const {
  const auto& timeout = std::get<Route>(route_).query.timeout;
  if (timeout) head.deadline = around_.host.now() + *timeout;
}

void Conversation::dispatch_get(Ticket ticket) {
  GetRequest get{make_head(parser_.request(), std::get<Route>(route_))};
  set_deadline(get.head);
  around_.clients.get(std::move(get), [self = shared_from_this(), ticket](Outcome<GetResult> outcome) {
    if (!self->deaf_) self->answer_get(ticket, outcome);
  });
}

void Conversation::dispatch_write(Ticket ticket) {
  auto made = make_write(parser_.request(), std::get<Route>(route_), around_.clients.max_value_bytes());
  if (const auto* refusal = std::get_if<Refusal>(&made)) return refuse(ticket, *refusal);
  PutRequest& put = std::get<PutRequest>(made);
  set_deadline(put.head);
  around_.clients.put(std::move(put), [self = shared_from_this(), ticket](Outcome<PutResult> outcome) {
    if (!self->deaf_) self->answer_write(ticket, outcome);
  });
}

void Conversation::dispatch_page(Ticket ticket) {
  Route& route = std::get<Route>(route_);
  RequestHead head = make_head(parser_.request(), route);
  set_deadline(head);
  around_.clients.inspect(route.page, std::move(head), [self = shared_from_this(), ticket](Outcome<Page> outcome) {
    if (!self->deaf_) self->answer_page(ticket, outcome);
  });
}

void Conversation::dispatch_action(Ticket ticket) {
  around_.clients.act(std::get<Route>(route_).page, std::move(parser_.request().body),
                      [self = shared_from_this(), ticket](Outcome<Page> outcome) {
                        if (!self->deaf_) self->answer_page(ticket, outcome);
                      });
}

// --- Answering -----------------------------------------------------------------------------------------------------

/// Whether this is the connection's last reply is known only when it is written.
Framing Conversation::framing(Ticket ticket) {
  const Exchange& exchange = replies_.exchange(ticket);
  return {.head_only = exchange.head_only,
          .http10 = exchange.http10,
          .close = !input_open_ && !held_ && replies_.is_last(ticket),
          .date = around_.date};
}

template <typename Write>
void Conversation::reply(Ticket ticket, Write write) {
  write(replies_.buffer(ticket), framing(ticket));
  replies_.finish(ticket);
  ++stage_;
  if (replies_.empty()) unsafe_in_flight_ = false;
  dispatch_held();
  continue_if_due();
  wake_();
}

void Conversation::refuse(Ticket ticket, const Refusal& refusal) {
  reply(ticket, [&](Bytes& out, const Framing& framing) { append_refusal(refusal, framing, out); });
}

void Conversation::answer_get(Ticket ticket, Outcome<GetResult>& outcome) {
  if (!outcome.is_ok()) return refuse(ticket, refusal_of(outcome.failure()));
  const GetResult& result = *outcome;
  const Exchange& exchange = replies_.exchange(ticket);
  // Operations come as JSON, so that is the form of what they have made.
  const BytesView written_as = result.datatype ? BytesView() : shown_content_type(result);
  const Form form = choose_form({exchange.accept, exchange.raw}, written_as);
  const Bytes* value = result.found ? shown_value(result) : nullptr;
  Response response{.content_type = kJson, .context = result.context, .siblings = result.siblings.size()};
  Bytes& body = around_.scratch;
  body.clear();
  const bool unresolved = result.found && result.resolved.unresolved;
  if (!result.found || (form == Form::bytes && value == nullptr && !unresolved)) {
    response.status = 404;
    append_not_found_json(body);
  } else if (names_tag(exchange.if_none_match, result.context)) {
    response.status = 304;
    response.content_type = {};
  } else if (form == Form::envelope || unresolved) {
    if (form == Form::bytes) response.status = 300;  // no bytes are the answer: the client is given them all to choose
    append_get_json(result, body);
  } else {
    response.content_type = shown_content_type(result);
    if (response.content_type.empty()) response.content_type = "application/octet-stream";
  }
  const bool shows_value = response.status == 200 && form == Form::bytes;
  response.body = shows_value ? BytesView(*value) : BytesView(body);
  reply(ticket, [&](Bytes& out, const Framing& framing) { append_response(response, framing, out); });
  if (body.capacity() > kMaxUnsent) Bytes().swap(body);
}

void Conversation::answer_write(Ticket ticket, Outcome<PutResult>& outcome) {
  if (!outcome.is_ok()) return refuse(ticket, refusal_of(outcome.failure()));
  Response response{.status = 204, .context = outcome->context};
  Bytes& body = around_.scratch;
  body.clear();
  if (replies_.exchange(ticket).wants_json) {
    append_put_json(*outcome, body);
    response.status = 200;
    response.content_type = kJson;
    response.body = body;
  }
  reply(ticket, [&](Bytes& out, const Framing& framing) { append_response(response, framing, out); });
}

void Conversation::answer_page(Ticket ticket, Outcome<Page>& outcome) {
  if (!outcome.is_ok()) return refuse(ticket, refusal_of(outcome.failure()));
  reply(ticket, [&](Bytes& out, const Framing& framing) {
    append_response({.content_type = outcome->content_type, .body = outcome->body}, framing, out);
  });
}

}  // namespace stator::http
