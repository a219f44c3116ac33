#pragma once

#include <string_view>
#include <vector>

#include "stator/bytes.h"
#include "stator/status.h"

namespace stator {

/// Keys from `first` on, before `last`; bytewise.
struct KeyRange {
  Bytes first;
  Bytes last;

  bool operator==(const KeyRange&) const = default;
};

/// Gets an open storage rid of what it cannot read, so that it can be filled anew. Offered by a storage plugin, beside
/// Storage.
///
/// Laws: until give_up() what cannot be read is refused with data_loss, whatever survey() said; after it returned OK
/// each key that could not be read is absent, durably, with no older value of it in its place, and every other key is
/// as it was.
class Mending {
 public:
  virtual ~Mending() = default;
  /// Whether the storage has met something since open() that it cannot read and that was not given up: for whoever
  /// asked for it, or in work of its own. [any-thread]
  virtual bool met_damage() const = 0;
  /// Looks at what was met, on the disk and not in a cache: every key of which something may be stored that cannot be
  /// read is in one of the ranges, which are in order and do not overlap. Keys in them may be readable. Empty, if all
  /// of it can be read now: then nothing was met any more. data_loss if more is damaged than can be given up key by
  /// key. One call at a time, of this or give_up(). [blocking, also while the storage is read and written]
  virtual Result<std::vector<KeyRange>> survey() = 0;
  /// Gives up what cannot be read in the ranges of the last survey(). unavailable: not now. [blocking, also while the
  /// storage is read and written]
  virtual Status give_up() = 0;
};

/// Where a storage plugin says that it has a Mending. Lent by servers, not by tools. [startup]
class MendingOffers {
 public:
  static constexpr std::string_view kExtensionId = "stator.mending/1";
  virtual ~MendingOffers() = default;
  /// To be called when the storage is created. `mending` lives as long as that.
  virtual void offer(Mending& mending) = 0;
};

}  // namespace stator
