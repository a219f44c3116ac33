#pragma once

#include "kernel/node/node.h"
#include "stator/requests.h"

namespace stator {

/// Finds out all there is to know about one key: asks every member what it holds and what it keeps for others. A member
/// that does not answer in time is named as such. [any loop]
class Explain {
 public:
  using Done = UniqueFunction<void(Outcome<Page>)>;

  explicit Explain(const Node& node) : node_(node) {}

  /// `done` gets the page, on this loop, at the latest soon after the head's deadline or a second.
  void ask(const Keyspace& keyspace, const RequestHead& head, Done done) const;

 private:
  struct Inquiry;

  const Node& node_;
};

}  // namespace stator
