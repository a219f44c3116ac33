#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "stator/host.h"
#include "stator/storage.h"

namespace stator::testing {

/// A storage that is to be tried.
struct StorageUnderTest {
  /// A new instance, not yet opened, as the plugin's `create` makes it. Let it use small files and frequent snapshots,
  /// so that a short history crosses them all.
  std::function<std::unique_ptr<Storage>(Host& host)> make;
  /// Empty: the storage does all its file access through Host::files(), and its disk is modelled. Else an existing
  /// empty directory of the real file system: the laws that cut the power are left out.
  Path directory = {};
  /// Whether stats().keys is exact. One that only estimates it still tells an empty storage from another.
  bool counts_keys = true;
  /// Everything random comes from it.
  std::uint64_t seed = 1;
};

/// One thing every storage must do.
struct StorageLaw {
  const char* name;           ///< "AcknowledgedWritesSurviveAPowerCut"
  const char* sentence;       ///< for reports: what holds
  bool needs_modelled_files;  ///< the storage must use Host::files()
  /// How the storage broke the law, a line each; empty if it keeps it. [blocking]
  std::vector<std::string> (*violations)(const StorageUnderTest& storage);
  bool needs_real_files = false;  ///< it must have a directory of the real file system: processes are killed
};

/// All laws of a storage. Lives for ever.
std::span<const StorageLaw> storage_laws();

/// Carries one log of random operations (writes, gets, scans, closing and opening, moving to a checkpoint) out on both,
/// and says where they first differ; empty if nowhere. The first's seed decides. [blocking]
std::vector<std::string> storage_disagreements(const StorageUnderTest& one, const StorageUnderTest& other);

/// Whether the law can be tried on this storage.
bool applies(const StorageLaw& law, const StorageUnderTest& storage);

/// Makes each law that applies a GoogleTest "suite.law". Call it before the tests run:
/// `const bool registered = stator::testing::register_storage_laws("Memtable", {.make = …});`
/// The environment's STATOR_SEED replaces the seed.
bool register_storage_laws(const std::string& suite, StorageUnderTest storage);

}  // namespace stator::testing
