#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>

#include "cli/backup/manifest.h"
#include "cli/backup/progress.h"
#include "kernel/node/storage_examination.h"

namespace stator::cli {

/// What a backup was found to hold.
struct BackupContents {
  std::uint64_t records = 0;        ///< copies of keys, over all nodes
  std::uint64_t hints = 0;          ///< those kept for other nodes
  std::uint64_t bytes = 0;          ///< of records and hints
  std::set<std::string> keyspaces;  ///< that have any of them
};

/// The manifest in a backup's directory; failed_precondition if there is none: it is no backup, or an unfinished one.
Result<BackupManifest> read_manifest(const std::string& directory);

/// Reads every file and every record of a backup, and changes nothing. data_loss where something is not what was
/// written: a file that is missing, or was never in the backup, or has another size or hash, or holds something that
/// cannot be read. [blocking]
Result<BackupContents> verify_backup(const std::string& directory, const BackupManifest& manifest,
                                     const StorageTools& tools, Progress& progress);

}  // namespace stator::cli
