#include "response.h"

#include <charconv>
#include <ctime>

#include "envelope.h"

namespace stator::http {
namespace {

BytesView status_line(int status) {
  switch (status) {
    case 200: return "HTTP/1.1 200 OK\r\n";
    case 204: return "HTTP/1.1 204 No Content\r\n";
    case 300: return "HTTP/1.1 300 Multiple Choices\r\n";
    case 304: return "HTTP/1.1 304 Not Modified\r\n";
    case 400: return "HTTP/1.1 400 Bad Request\r\n";
    case 401: return "HTTP/1.1 401 Unauthorized\r\n";
    case 403: return "HTTP/1.1 403 Forbidden\r\n";
    case 404: return "HTTP/1.1 404 Not Found\r\n";
    case 405: return "HTTP/1.1 405 Method Not Allowed\r\n";
    case 408: return "HTTP/1.1 408 Request Timeout\r\n";
    case 409: return "HTTP/1.1 409 Conflict\r\n";
    case 412: return "HTTP/1.1 412 Precondition Failed\r\n";
    case 413: return "HTTP/1.1 413 Content Too Large\r\n";
    case 417: return "HTTP/1.1 417 Expectation Failed\r\n";
    case 429: return "HTTP/1.1 429 Too Many Requests\r\n";
    case 431: return "HTTP/1.1 431 Request Header Fields Too Large\r\n";
    case 501: return "HTTP/1.1 501 Not Implemented\r\n";
    case 503: return "HTTP/1.1 503 Service Unavailable\r\n";
    case 504: return "HTTP/1.1 504 Gateway Timeout\r\n";
    case 507: return "HTTP/1.1 507 Insufficient Storage\r\n";
    default: return "HTTP/1.1 500 Internal Server Error\r\n";
  }
}

/// A stored content type may have come by another transport; a line break in it would end the head early.
BytesView safe_type(BytesView type) {
  for (const char c : type) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return "application/octet-stream";
  }
  return type;
}

void append_field(BytesView name_and_colon, BytesView value, Bytes& out) {
  out += name_and_colon;
  out += value;
  out += "\r\n";
}

void append_field(BytesView name_and_colon, std::size_t value, Bytes& out) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  append_field(name_and_colon, BytesView(digits, static_cast<std::size_t>(end - digits)), out);
}

void append_context(const Response& response, Bytes& out) {
  if (response.context.empty()) return;
  append_field("X-Stator-Context: ", response.context, out);
  if (response.status >= 400) return;
  out += "ETag: \"";
  out += response.context;
  out += "\"\r\n";
}

}  // namespace

void append_response(const Response& response, const Framing& framing, Bytes& out) {
  out += status_line(response.status);
  append_field("Date: ", framing.date, out);
  if (!response.content_type.empty()) {
    append_field("Content-Type: ", safe_type(response.content_type), out);
    append_field("Content-Length: ", response.body.size(), out);
  }
  append_context(response, out);
  if (response.siblings > 1) append_field("X-Stator-Siblings: ", response.siblings, out);
  if (!response.allow.empty()) append_field("Allow: ", response.allow, out);
  if (response.status == 429) out += "Retry-After: 1\r\n";
  if (framing.close) {
    out += "Connection: close\r\n";
  } else if (framing.http10) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
  if (!framing.head_only) out += response.body;
}

void append_refusal(const Refusal& refusal, const Framing& framing, Bytes& out) {
  Bytes body;
  append_refusal_json(refusal, body);
  append_response({.status = refusal.status, .content_type = "application/json", .allow = refusal.allow, .body = body},
                  framing, out);
}

std::string http_date(std::uint64_t unix_millis) {
  const auto seconds = static_cast<std::time_t>(unix_millis / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  char text[64];
  const int length =
      std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[parts.tm_wday], parts.tm_mday,
                    kMonths[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
  return {text, static_cast<std::size_t>(length)};
}

}  // namespace stator::http
