#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "stator/bytes.h"
#include "stator/datatype.h"
#include "stator/host.h"
#include "stator/resolver.h"
#include "stator/status.h"
#include "stator/version.h"

namespace stator {

/// How many replicas a request asks for; the keyspace's own number where nothing is said.
enum class Consistency { keyspace, one, quorum, all };

/// What every client request carries.
struct RequestHead {
  std::string keyspace = "default";
  Bytes key;  ///< 1 to 4096 bytes
  Consistency consistency = Consistency::keyspace;
  std::optional<int> quorum;          ///< r of a get, w of a put or delete; overrides `consistency`
  std::optional<TimePoint> deadline;  ///< absent: the keyspace's timeout from now
  std::string trace_id;               ///< 32 hex digits, or empty
};

/// A write: a value, a removal, or an operation of the keyspace's data type.
struct PutRequest {
  RequestHead head;
  bool remove = false;
  std::optional<Operation> operation;  ///< what of the following speaks of the value then means nothing
  Bytes value;
  std::string content_type;  ///< empty: through the JSON envelope. Ignored by a removal
  std::optional<std::string>
      context;               ///< what the client has read, as a token this cluster issued; absent: a blind write
  bool create_only = false;  ///< fails with failed_precondition if a live version is here
  bool if_match = false;  ///< fails with failed_precondition unless `context` covers all that is here ("*", no context:
                          ///< unless a live version is)
  std::optional<OpId> op_id;
  std::optional<Duration> ttl;
  std::string claimed_node;  ///< `nodeId` of the older API: empty, or must name a member
};

struct PutResult {
  std::string context;  ///< token for the next write
  Context clock;        ///< for vector_clock()
  Stamp stamp;
  bool tombstone = false;
};

struct GetRequest {
  RequestHead head;
};

/// What a get found. `siblings` holds every version not replaced, tombstones included, ascending by dot; a key that is
/// absent, or whose versions are all tombstones, is not found, and then the context still matters to the next write.
struct GetResult {
  bool found = false;
  std::vector<Version> siblings;
  Resolution resolved;    ///< meaningful if found. With `winner` set, the value is siblings[*winner].value, and
                          ///< resolved.value is empty; if `unresolved`, the siblings are the answer
  bool datatype = false;  ///< `resolved.value` is the JSON text that the keyspace's data type shows; no siblings then
  std::string context;    ///< token; of a key never seen, one that has seen nothing: a write with it replaces nothing
  Context clock;
};

/// Why a request failed. `required` and `acked` are given when a quorum was missed.
struct Failure {
  Status status;
  std::optional<int> required;
  std::optional<int> acked;
};

/// A result or a failure, handed over exactly once, on the loop the request was made on, never inside the call that
/// made it.
template <typename T>
class Outcome {
 public:
  Outcome(T value) : state_(std::move(value)) {}                          // NOLINT(google-explicit-constructor)
  Outcome(Failure failure) : state_(std::move(failure)) {}                // NOLINT(google-explicit-constructor)
  Outcome(Status status) : state_(Failure{std::move(status), {}, {}}) {}  // NOLINT(google-explicit-constructor)
  bool is_ok() const { return state_.index() == 0; }
  /// Undefined unless is_ok().
  T& value() { return *std::get_if<0>(&state_); }
  T& operator*() { return value(); }
  T* operator->() { return &value(); }
  /// Undefined if is_ok().
  const Failure& failure() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, Failure> state_;
};

/// A page about the node itself: what /admin, /debug and /metrics show.
struct Page {
  std::string content_type;
  Bytes body;
};

}  // namespace stator
