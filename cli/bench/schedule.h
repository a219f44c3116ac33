#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "cli/bench/key_chooser.h"
#include "cli/bench/random.h"
#include "cli/bench/tally.h"

namespace stator::cli {

using Instant = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;
inline Instant now_is() { return std::chrono::steady_clock::now(); }

/// When the operations of one thread start, and how many there are.
struct Plan {
  Instant start;                 ///< the first operation
  Instant measured_from;         ///< operations meant to start before this warm up and are not counted
  Instant end = Instant::max();  ///< none starts at or after this
  double rate = 0;               ///< operations a second, evenly spaced (open loop); 0: whenever asked (closed loop)
  std::uint64_t limit = UINT64_MAX;                                     ///< how many operations at most
  double read_share = 0;                                                ///< in [0, 1]
  std::uint64_t seed = 1;                                               ///< of the choice between read and write
  std::chrono::nanoseconds patience = std::chrono::nanoseconds::max();  ///< over when nothing succeeds for this long
};

/// One thread's share of a load: which operation comes next, when it is meant to start, and what became of it.
/// No I/O, no clock: the time is told by whoever asks, and does not go back.
///
/// Law: latency counts from the *intended* start. In an open loop the intended starts stand before the first
/// request is sent, so a server that stalls is charged for every request that was kept waiting behind the stall
/// (no "coordinated omission"). In a closed loop an operation is intended when it is taken. [serial]
class Schedule {
 public:
  struct Ticket {
    Instant intended;
    std::uint64_t key = 0;
    bool read = false;
  };

  Schedule(const Plan& plan, const KeyChooser& keys);

  /// The next operation if one is due; the caller sends it now and finishes it later. Absent: none is due yet, or over.
  std::optional<Ticket> take(Instant now);
  /// When take() will next give one; in the past if one is due. Absent when over.
  std::optional<Instant> next_due(Instant now) const;
  /// Nothing will be given any more. Operations that were taken may still be unfinished.
  bool over(Instant now) const;

  void finish(const Ticket& ticket, Instant now, const OperationResult& result);
  /// A failure that belongs to no operation: a connection that could not be made.
  void note_failure(std::string_view error);

  /// What was seen. Complete once every ticket is finished.
  Tally tally() const;
  /// When the last counted operation finished; `measured_from` if none did.
  Instant last_finish() const { return last_finish_; }

 private:
  Instant due() const;

  Plan plan_;
  KeyChooser keys_;
  Random coin_;
  std::uint64_t taken_ = 0;
  Instant last_success_;
  Instant last_finish_;
  Tally tally_;
};

}  // namespace stator::cli
