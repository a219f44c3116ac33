#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "kernel/causality/record.h"
#include "kernel/replica/store.h"

namespace stator {

/// What one loop remembers of keys whose tombstones are collected, so that nothing that was on its way meanwhile brings
/// back what they had removed. Pure. [its loop]
///
/// For each such key it holds the *cut*: the stamp at which every member vouched that nobody held anything older. What
/// was born up to the cut must not make the key anew. And where the record was removed it holds that record's context,
/// from which the key's next write goes on: so a copy of the tombstone that a replica still has, and everything the
/// tombstone had replaced, is known here as replaced. A context without versions is a record like any other to merge.
class CollectedKeys {
 public:
  /// Names a key of a store; two keys may share it once in 2^64, and then a message is refused for nothing.
  using Name = std::uint64_t;
  static Name name(const KeyAddress& at);

  CollectedKeys();
  ~CollectedKeys();

  /// From now on, and until it is forgotten. A later cut takes an earlier one's place.
  void guard(Name name, Stamp cut);
  /// The guarded key's record is being removed here.
  void removed(Name name, std::uint64_t digest, Context context);
  /// Forgets all with a cut of at most that: what was born before it is too old to be taken by anybody.
  void forget(Stamp cut);

  /// Whether something born then must not make the key, which is absent here.
  bool refuses(Name name, Stamp born) const;
  /// Whether something born then has waited here until collections after it were forgotten: it must not make any key.
  bool outlived_all(Stamp born) const { return forgotten_ != Stamp{} && born <= forgotten_; }
  /// The context to go on from where the key is absent; empty where nothing is remembered.
  Context context(Name name) const;
  /// Whether the key's record was removed here with that digest.
  bool removed_with(Name name, std::uint64_t digest) const;
  std::size_t size() const;
  /// The oldest cut that is remembered; nothing if none is.
  std::optional<Stamp> oldest() const;

 private:
  struct Entry;
  struct Entries;

  std::unique_ptr<Entries> entries_;
  std::deque<std::pair<Stamp, Name>> order_;  // as guarded
  Stamp forgotten_;                           // the newest cut that was
};

}  // namespace stator
