#pragma once

#include "stator/version.h"

namespace stator {

/// What is found on a store of the limit that no stamp of an earlier life is above, by the first start since peers last
/// vouched for the store and by the present one: of an old copy of a disk only the first finds the old limit. Where
/// nobody has yet vouched for a store that was empty, nothing was found. A value.
struct FoundLimit {
  Stamp first;  ///< zero: the store was empty
  Stamp begun;  ///< no stamp that was given since that first start is below; zero: it is the present one
  Stamp last;

  /// Whether a stamp that an earlier life gave proves that what it wrote is lost. Of lives since the first start only
  /// the last limit says so.
  bool disproved_by(Stamp given) const { return given > last || (given > first && given < begun); }
  bool operator==(const FoundLimit&) const = default;
};

}  // namespace stator
