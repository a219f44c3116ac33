#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "directory.h"
#include "index.h"
#include "log.h"
#include "snapshot.h"
#include "stator/host.h"

namespace stator::memtable {

/// What a directory held.
struct Recovered {
  std::unique_ptr<Index> index;
  bool has_snapshot = false;
  std::uint64_t oldest_segment = 1;  ///< from which the log was replayed; also names the snapshot
  LogTail tail;
  std::deque<Segment> ready;         ///< segments after the tail's that nothing was written to
  std::vector<std::string> remarks;  ///< on what was cut, mended or passed over: a sentence each
};

/// Loads the newest good snapshot and replays the log from there. The last frame, if torn, was never acknowledged: it
/// is cut and a warning logged. Everything else that is damaged or missing is refused: data_loss with file and offset.
/// When it returns OK, everything recovered is durable and what it replaced is removed. [blocking]
Result<Recovered> recover(Host& host, const Directory& directory);

/// What recover() would return, without changing a file or a word in the log. The segments are open for reading alone.
/// [blocking]
Result<Recovered> rehearse_recovery(const Directory& directory);

/// Whether anything was ever written to a directory that has no FORMAT. [blocking]
Result<bool> holds_writes(const Directory& directory);

}  // namespace stator::memtable
