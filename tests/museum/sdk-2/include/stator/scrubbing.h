#pragma once

#include <cstdint>
#include <string_view>

#include "stator/status.h"

namespace stator {

/// Reads the files of an open storage again, a piece at a time, so that what they cannot give back any more is noticed
/// before somebody asks for it. Offered by a storage plugin, beside Storage.
///
/// Laws: whatever was durable when a pass began and still is, is read in that pass, from the files and neither from
/// memory nor from a cache of the plugin's own; nothing that is sound is called damaged, however much is written
/// meanwhile. What is damaged and in memory too is made durable anew; the rest has been met (see Mending).
class Scrubbing {
 public:
  struct Piece {
    std::uint64_t bytes = 0;   ///< that were read
    std::uint64_t damage = 0;  ///< places in it where something else stood than was written
    bool last = false;         ///< the pass is over; the next piece begins another
  };
  virtual ~Scrubbing() = default;
  /// Reads the next piece: about a megabyte, or one file. After an error, by which damage may have stayed as it is, the
  /// next call goes on behind that piece. [serial, blocking, also while the storage is read and written]
  virtual Result<Piece> scrub_piece() = 0;
};

/// Where a storage plugin says that it has a Scrubbing. Lent by servers, not by tools. [startup]
class ScrubbingOffers {
 public:
  static constexpr std::string_view kExtensionId = "stator.scrubbing/1";
  virtual ~ScrubbingOffers() = default;
  /// To be called when the storage is created. `scrubbing` lives as long as that.
  virtual void offer(Scrubbing& scrubbing) = 0;
};

}  // namespace stator
