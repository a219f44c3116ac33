#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "stator/files.h"
#include "stator/status.h"
#include "stator/storage.h"

namespace stator {

/// A place in a storage's files where something else stands than was written.
struct StorageFault {
  Path file;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;  ///< from there on; 0: not known
  std::string what;         ///< "a block of the snapshot has a wrong checksum"
};

/// What the files of a storage say of themselves.
struct StorageFindings {
  std::vector<StorageFault> faults;             ///< what was acknowledged may be gone: open() or a scan refuses
  std::vector<std::string> remarks;             ///< sentences about what open() would cut or mend, and nothing is lost
  std::map<std::string, std::uint64_t> counts;  ///< what there is: "segments", "snapshots", "tables" …
};

/// Reads the files of a storage that may be damaged. Offered by a storage plugin, beside Storage, before open().
///
/// Laws: no file is changed; there are faults if open(), or a scan of everything after it, would refuse with data_loss,
/// and only where something is damaged; without faults what is visited is what that scan would visit; with faults, of
/// each key at most one value, which was written to it once.
class Salvage {
 public:
  virtual ~Salvage() = default;
  /// Verifies everything, and visits, in ascending order, each key of which a value is whole, with the newest such
  /// value. The visitor's answer is ignored. The directory must exist and is locked meanwhile: unavailable if another
  /// process has it, failed_precondition if it holds something else. [blocking]
  virtual Result<StorageFindings> examine(const Path& directory, const Visitor& visit) = 0;
};

/// Where a storage plugin says that it has a Salvage. Lent by tools, not by servers. [startup]
class SalvageOffers {
 public:
  static constexpr std::string_view kExtensionId = "stator.salvage/1";
  virtual ~SalvageOffers() = default;
  /// To be called when the storage is created. `salvage` lives as long as that.
  virtual void offer(Salvage& salvage) = 0;
};

}  // namespace stator
