#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "stator/datatype.h"

namespace stator::testing {

/// One copy of a key, in memory, as the kernel keeps it: items under their dots, and the context of all that was ever
/// here. A value.
class DataTypeReplica {
 public:
  explicit DataTypeReplica(std::string node) : actor_{std::move(node), Stamp{}} {}

  const Actor& actor() const { return actor_; }
  const Context& context() const { return context_; }
  Stamp clock() const { return clock_; }
  bool empty() const { return items_.empty(); }

  /// As a client with that context has observed them; null: it has none. Views into this, valid until it changes.
  Items items(const Context* observed = nullptr) const;
  /// One write: what is replaced goes, if it is here, and each addition gets the actor's next dot.
  void apply(const Change& change);
  /// Takes over what the other copy holds and forgets what it has seen removed.
  void join(const DataTypeReplica& other);
  /// Signs under another actor from now on, as after an unclean restart.
  void mint_epoch();

 private:
  struct Content {
    Stamp stamp;
    Bytes value;
  };
  std::map<std::pair<Bytes, Dot>, Content> items_;
  Context context_;
  Actor actor_;
  Stamp clock_;
};

}  // namespace stator::testing
