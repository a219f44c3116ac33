#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace stator {

/// What happened, for programs. The names are gRPC's where gRPC has one; HTTP's status stands beside it.
enum class Code {
  ok,
  invalid_argument,     ///< 400: malformed, or a context this cluster did not issue
  unauthenticated,      ///< 401
  permission_denied,    ///< 403
  not_found,            ///< 404: no such keyspace, file, peer … (an absent *key* is not an error, see GetResult)
  conflict,             ///< 409: the key holds too many siblings; resolve first
  failed_precondition,  ///< 412: create-only or if-match did not hold
  too_large,            ///< 413: key or value above its limit
  resource_exhausted,   ///< 429: shed; try again later
  unimplemented,        ///< 501: the peer or plugin does not offer this
  unavailable,          ///< 503: quorum not reached, peer unreachable, shutting down
  deadline_exceeded,    ///< 504
  storage_full,         ///< 507: no space to make the write durable
  data_loss,            ///< 500: stored bytes are damaged
  internal,             ///< 500: a fault of ours, an I/O error, or an exception out of a plugin
};

/// The lower-case name of a code, for example "invalid_argument". Never null; lives for ever.
const char* code_name(Code code);

/// Success, or why not: a code for programs and a message for people, which names the node, path or key hash.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message) : code_(code), message_(std::move(message)) {}
  static Status ok() { return {}; }

  bool is_ok() const { return code_ == Code::ok; }
  Code code() const { return code_; }
  const std::string& message() const { return message_; }
  /// "unavailable: node-b refused the connection"; "ok" for success.
  std::string text() const { return is_ok() ? "ok" : std::string(code_name(code_)) + ": " + message_; }
  bool operator==(const Status&) const = default;

 private:
  Code code_ = Code::ok;
  std::string message_;
};

/// A value, or the Status that says why there is none. Absent is not failed: what may be absent is
/// Result<std::optional<T>>.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}           // NOLINT(google-explicit-constructor)
  Result(Status failure) : state_(std::move(failure)) {}  // NOLINT(google-explicit-constructor)
  bool is_ok() const { return state_.index() == 0; }
  /// Undefined unless is_ok().
  T& value() { return *std::get_if<0>(&state_); }
  const T& value() const { return *std::get_if<0>(&state_); }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  /// Ok when there is a value.
  Status status() const { return is_ok() ? Status() : *std::get_if<1>(&state_); }

 private:
  std::variant<T, Status> state_;
};

inline const char* code_name(Code code) {
  switch (code) {
    case Code::ok: return "ok";
    case Code::invalid_argument: return "invalid_argument";
    case Code::unauthenticated: return "unauthenticated";
    case Code::permission_denied: return "permission_denied";
    case Code::not_found: return "not_found";
    case Code::conflict: return "conflict";
    case Code::failed_precondition: return "failed_precondition";
    case Code::too_large: return "too_large";
    case Code::resource_exhausted: return "resource_exhausted";
    case Code::unimplemented: return "unimplemented";
    case Code::unavailable: return "unavailable";
    case Code::deadline_exceeded: return "deadline_exceeded";
    case Code::storage_full: return "storage_full";
    case Code::data_loss: return "data_loss";
    case Code::internal: return "internal";
  }
  return "internal";
}

}  // namespace stator
