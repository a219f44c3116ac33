#pragma once

#include <rocksdb/env.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stator/bytes.h"
#include "stator/files.h"
#include "stator/host.h"
#include "stator/status.h"

namespace stator::rocks {

/// Where in a log, or a manifest, which is one too, the last record begins, if it was never written whole. A file
/// system may note the new size of a file before it has written what stands there: when the power goes between the two,
/// or a write fails, the file is as long as it should be, but blocks of the record are zeros. RocksDB knows only files
/// that end too early.
///
/// Nothing, unless all of this holds: the record is not valid; no record begins after it, for the next one is written
/// only when this one was synced; and a sector of it holds nothing but zeros. A record that has changed otherwise was
/// whole once, and is damaged.
std::optional<std::uint64_t> torn_record(BytesView log);

/// Where a log has a record that was whole once and is not valid now, which RocksDB would take for one that the end of
/// the file cuts short, and drop with all that follow: as when a size has changed. Nothing, unless something tells that
/// it was whole: it is among the first `synced` bytes, all of which are known to have been on the disk; or a record
/// begins behind it, or the file is long enough for it, or its checksum is right for what is left of the file, and it
/// is no torn_record(). Where the file ends if it is shorter than `synced`.
std::optional<std::uint64_t> damaged_record(BytesView log, std::uint64_t synced);

struct DamagedLog {
  Path path;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;  ///< behind it
  std::string what;
};
struct LogFindings {
  std::vector<DamagedLog> damaged;
  std::vector<std::string> remarks;  ///< sentences about what hides nothing
};
/// All logs of the directory, and its manifest, that have such a record or are gone, as far as LengthNotes tell. The
/// directory may be empty. [blocking]
Result<LogFindings> examine_logs(::rocksdb::Env& env, const Path& directory);

/// Cuts a torn_record() off the newest log of the directory, and off its manifest, durably, and says so. What a record
/// of the manifest says has happened is done when that is synced, and not before: without it all is as it was. The
/// directory may be empty. [blocking]
Status cut_torn_records(::rocksdb::Env& env, const Path& directory, Host& host);

}  // namespace stator::rocks
