#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace stator::cli {

/// Finds the end of one HTTP/1.1 response in a stream of bytes, and keeps of it no more than a load generator needs:
/// status and whether the connection goes on. Bodies have a Content-Length; chunked ones are refused. [serial]
class HttpResponseScanner {
 public:
  enum class State { incomplete, complete, malformed };

  /// Looks at the bytes that follow those of earlier calls. When complete, `consumed` says how many of them belonged
  /// to this response, and the scanner is ready for the next one; else all of them were consumed.
  State scan(std::string_view bytes, std::size_t& consumed);
  /// Forgets a response that was begun.
  void reset();

  int status() const { return status_; }
  bool keeps_alive() const { return keeps_alive_; }

 private:
  State scan_head(std::string_view head);

  std::string head_;             // of a response whose head came in pieces
  std::uint64_t body_left_ = 0;  // meaningful if in_body_
  bool in_body_ = false;
  int status_ = 0;
  bool keeps_alive_ = true;
};

}  // namespace stator::cli
