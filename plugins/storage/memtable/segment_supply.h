#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include "directory.h"
#include "segment.h"
#include "stator/host.h"
#include "task_gate.h"

namespace stator::memtable {

/// Hands the log its segments, whole and durable before they are needed: a fresh file is filled with zeros, an obsolete
/// one gets a new header, so that a later write inside it changes no metadata. [any-thread]
class SegmentSupply {
 public:
  struct Options {
    std::uint64_t segment_bytes = 0;
    std::size_t max_spares = 0;  ///< obsolete files that are kept for use again
  };
  SegmentSupply(Host& host, const Directory& directory, TaskGate& gate, Options options);

  /// What recovery found: segments that nothing was written to yet, ascending; `next` is the sequence after all of
  /// them.
  void resume(std::deque<Segment> ready, std::uint64_t next);
  /// Makes the next segment in the background, unless one is ready or being made.
  void prepare();
  /// [blocking] The next segment; made here if none is ready, waited for if it is just being made. After storage_full
  /// one may try again; every other error stays.
  Result<Segment> take();
  /// Gives back a segment that take() handed out and that was not written to; the next take() hands it out again.
  void put_back(Segment segment);
  /// [blocking] Another file in place of that of a segment that take() handed out and that was not written to, with so
  /// much capacity. After storage_full the segment is as it was; every other error stays.
  Result<Segment> widen(const Segment& segment, std::uint64_t capacity);
  /// Segments that recovery will never ask for again, durably so.
  void retire(const std::vector<Path>& obsolete);

 private:
  enum class State { idle, queued, making };

  /// Called with the lock held; lets go of it while files are worked on. The segment is put in ready_.
  Status make(std::unique_lock<std::mutex>& lock);
  Result<Segment> make_file(const SegmentHeader& header, const Path& spare);
  Status give_name(const Segment& segment);
  Path unfinished() const { return directory_.file("next.tmp"); }
  Result<std::unique_ptr<File>> open_blank(const Path& path, const Path& spare, std::uint64_t bytes);

  Host& host_;
  const Directory& directory_;
  TaskGate& gate_;
  const Options options_;
  std::mutex mutex_;
  std::condition_variable made_;
  State state_ = State::idle;
  std::deque<Segment> ready_;
  std::uint64_t next_ = 1;
  std::vector<Path> spares_;
  Status failure_;  ///< the first error but storage_full: from then on no segment is handed out, see Storage's laws
};

}  // namespace stator::memtable
