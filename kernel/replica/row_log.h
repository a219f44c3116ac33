#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <mutex>
#include <optional>
#include <vector>

#include "stator/bytes.h"

namespace stator {

/// Which rows of a storage were changed of late or are being changed, so that who reads many of them meanwhile can look
/// again at those alone. [any-thread]
class RowLog {
 public:
  /// Before the change is handed to the storage; gives what to end it with.
  std::uint64_t begin(std::vector<Bytes> rows);
  /// The change is stored, or has failed to be.
  void end(std::uint64_t change);

  struct Moment {
    std::uint64_t ended = 0;  ///< changes that had
    std::uint64_t begun = 0;
    bool operator==(const Moment&) const = default;
  };
  Moment now() const;
  /// The rows beneath the prefix that a change may have reached after that moment; nothing if it is too long ago.
  std::optional<std::vector<Bytes>> since(const Moment& then, BytesView prefix) const;
  /// Whether a change beneath the prefix is on its way.
  bool changing(BytesView prefix) const;

 private:
  static constexpr std::uint64_t kNotYet = std::numeric_limits<std::uint64_t>::max();
  struct Change {
    std::vector<Bytes> rows;
    std::uint64_t ended = kNotYet;  ///< the how many-eth to end
  };

  mutable std::mutex mutex_;
  std::deque<Change> changes_;
  Moment moment_;
  std::uint64_t forgotten_ = 0;  ///< the last to end of those that are no longer in changes_
  std::size_t rows_ = 0;
};

}  // namespace stator
