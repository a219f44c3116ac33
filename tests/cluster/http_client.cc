#include "tests/cluster/http_client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <string_view>

namespace stator::cluster {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

void parse_line(std::string_view line, HttpAnswer& answer) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  std::string name;
  for (char c : line.substr(0, colon)) name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  answer.fields[name] = trimmed(line.substr(colon + 1));
}

std::size_t length_of(const HttpAnswer& answer) {
  const std::string text = answer.field("content-length");
  std::size_t length = 0;
  std::from_chars(text.data(), text.data() + text.size(), length);
  return length;
}

/// Takes a whole answer off the front; nothing if it is not all there.
std::optional<HttpAnswer> take(std::string& bytes, bool head_only) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  constexpr std::size_t kStatus = 9;  // HTTP/1.1 200
  const std::size_t end = bytes.find(kEnd);
  if (end == std::string::npos || end < kStatus + 3) return std::nullopt;
  HttpAnswer answer;
  std::string_view head = std::string_view(bytes).substr(0, end);
  std::from_chars(head.data() + kStatus, head.data() + kStatus + 3, answer.status);
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find('\n'));
    parse_line(line, answer);
    head.remove_prefix(std::min(line.size() + 1, head.size()));
  }
  const std::size_t length = head_only ? 0 : length_of(answer);
  if (bytes.size() < end + kEnd.size() + length) return std::nullopt;
  answer.body = bytes.substr(end + kEnd.size(), length);
  bytes.erase(0, end + kEnd.size() + length);
  return answer;
}

}  // namespace

std::string HttpAnswer::field(const std::string& name) const {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string() : found->second;
}

std::string wire_text(const HttpRequest& request) {
  std::string text = request.method + " " + request.target + " HTTP/1.1\r\nHost: localhost\r\n";
  for (const auto& [name, value] : request.fields) text.append(name).append(": ").append(value).append("\r\n");
  const bool has_body = !request.body.empty() || request.method == "PUT" || request.method == "POST";
  if (has_body) text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  return text + "\r\n" + request.body;
}

HttpClient::HttpClient(HttpClient&& other) noexcept
    : port_(other.port_),
      patience_(other.patience_),
      socket_(std::exchange(other.socket_, -1)),
      received_(std::move(other.received_)) {}

HttpAnswer HttpClient::send(const HttpRequest& request) {
  if (!write(wire_text(request))) return {};
  HttpAnswer answer = read(request.method == "HEAD");
  if (answer.field("connection") == "close") close();
  return answer;
}

HttpAnswer HttpClient::put(const std::string& target, const std::string& value, const std::string& context) {
  HttpRequest request{"PUT", target, {}, value};
  if (!context.empty()) request.fields.emplace_back("X-Stator-Context", context);
  return send(request);
}

HttpAnswer HttpClient::put_json(const std::string& target, const nlohmann::json& envelope) {
  return send({"PUT", target, {{"Content-Type", "application/json"}}, envelope.dump()});
}

bool HttpClient::write(const std::string& bytes) {
  if (socket_ < 0 && !connect()) return false;
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const ssize_t sent = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      close();
      return false;
    }
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

HttpAnswer HttpClient::read(bool head_only) {
  for (;;) {
    if (auto answer = take(received_, head_only)) return std::move(*answer);
    if (socket_ < 0 || !receive()) break;
  }
  close();
  return {};
}

void HttpClient::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
  received_.clear();
}

bool HttpClient::connect() {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{static_cast<time_t>(patience_.count()), 0};
  const int now = 1;
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &now, sizeof now);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return true;
  close();
  return false;
}

bool HttpClient::receive() {
  char buffer[64 << 10];
  const ssize_t got = ::recv(socket_, buffer, sizeof buffer, 0);
  if (got <= 0) return false;
  received_.append(buffer, static_cast<std::size_t>(got));
  return true;
}

}  // namespace stator::cluster
