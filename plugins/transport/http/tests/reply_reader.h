#pragma once

#include <charconv>
#include <map>
#include <optional>
#include <string>

#include "ascii.h"
#include "stator/bytes.h"

namespace stator::http {

/// One response, as a client reads it. Header names are in lower case.
struct Reply {
  int status = 0;
  std::map<std::string, std::string> headers;
  Bytes body;
  /// "" if there is none.
  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

/// Takes a whole response off the front of `bytes`; nothing, and nothing taken, if it is not all there yet.
inline std::optional<Reply> take_reply(Bytes& bytes, bool to_head = false) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == Bytes::npos) return std::nullopt;
  Reply reply;
  BytesView head = BytesView(bytes).substr(0, end);
  const BytesView status = take_until(head, '\n');
  if (status.size() < 12) return std::nullopt;
  reply.status = std::atoi(std::string(status.substr(9, 3)).c_str());
  while (!head.empty()) {
    BytesView line = take_until(head, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    std::string name(take_until(line, ':'));
    for (char& c : name) c = to_lower(c);
    reply.headers[name] = trimmed(line);
  }
  std::size_t length = 0;
  const std::string claimed = reply.header("content-length");
  if (!to_head) std::from_chars(claimed.data(), claimed.data() + claimed.size(), length);
  if (bytes.size() < end + 4 + length) return std::nullopt;
  reply.body = bytes.substr(end + 4, length);
  bytes.erase(0, end + 4 + length);
  return reply;
}

}  // namespace stator::http
