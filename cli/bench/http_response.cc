#include "cli/bench/http_response.h"

#include <strings.h>

#include <algorithm>
#include <charconv>

namespace stator::cli {
namespace {

constexpr std::size_t kMaxHeadBytes = std::size_t{64} * 1024;
constexpr std::string_view kHeadEnd = "\r\n\r\n";

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

template <typename Number>
bool parse_number(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

bool bodiless(int status) { return status == 204 || status == 304 || status / 100 == 1; }

}  // namespace

void HttpResponseScanner::reset() {
  head_.clear();
  body_left_ = 0;
  in_body_ = false;
}

HttpResponseScanner::State HttpResponseScanner::scan_head(std::string_view head) {
  // "HTTP/1.1 200 OK"
  if (head.size() < 12 || !head.starts_with("HTTP/1.") || !parse_number(head.substr(9, 3), status_)) {
    return State::malformed;
  }
  keeps_alive_ = head[7] != '0';
  body_left_ = 0;
  bool has_length = false;
  std::size_t at = head.find("\r\n");
  while (at != std::string_view::npos && at + 2 < head.size()) {
    const std::size_t end = std::min(head.find("\r\n", at + 2), head.size());
    const std::string_view line = head.substr(at + 2, end - at - 2);
    const std::size_t colon = std::min(line.find(':'), line.size());
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trimmed(line.substr(std::min(colon + 1, line.size())));
    if (same_word(name, "Content-Length")) {
      has_length = parse_number(value, body_left_);
    } else if (same_word(name, "Connection")) {
      keeps_alive_ = !same_word(value, "close");
    }
    at = end == head.size() ? std::string_view::npos : end;
  }
  if (bodiless(status_)) {
    body_left_ = 0;
    has_length = true;
  }
  in_body_ = true;
  return has_length ? State::complete : State::malformed;
}

HttpResponseScanner::State HttpResponseScanner::scan(std::string_view bytes, std::size_t& consumed) {
  consumed = 0;
  while (true) {
    if (!in_body_) {
      // The usual response arrives whole: then nothing is copied.
      const std::size_t before = head_.size();
      if (before > 0) {
        head_.append(bytes.substr(consumed));
      }
      const std::string_view all = before > 0 ? std::string_view(head_) : bytes.substr(consumed);
      const std::size_t end = all.find(kHeadEnd);
      if (end == std::string_view::npos) {
        if (before == 0) {
          head_.assign(all);
        }
        consumed = bytes.size();
        return head_.size() > kMaxHeadBytes ? State::malformed : State::incomplete;
      }
      const State state = scan_head(all.substr(0, end));
      consumed += end + kHeadEnd.size() - before;
      head_.clear();
      if (state == State::malformed) {
        return state;
      }
    }
    const std::uint64_t taken = std::min<std::uint64_t>(body_left_, bytes.size() - consumed);
    body_left_ -= taken;
    consumed += taken;
    if (body_left_ > 0) {
      return State::incomplete;
    }
    in_body_ = false;
    if (status_ / 100 != 1) {  // 100 Continue is not yet the answer
      return State::complete;
    }
  }
}

}  // namespace stator::cli
