#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <vector>

#include "kernel/healing/byte_budget.h"
#include "kernel/healing/scrub_counters.h"
#include "kernel/seams/executor.h"
#include "stator/host.h"
#include "stator/scrubbing.h"

namespace stator {

/// Has storages read their files again, piece after piece within a budget: all of them once in a period, or as often as
/// the budget allows. What they find damaged they mend, or it is the Mender's. [first loop]
class FileScrub {
 public:
  struct Parts {
    Executor& first_loop;
    Background* background;  ///< runs what waits for a disk; null: it is waited for
    ScrubCounters& counters;
    std::function<void(const std::string&)> tell;  ///< a sentence for people
  };
  struct Options {
    Duration period{0};                  ///< zero: nothing is read
    std::uint64_t bytes_per_second = 1;  ///< of each storage
  };
  struct Disk {
    std::string storage;  ///< its name
    Scrubbing& scrubbing;
  };

  /// All that is named outlives it, and it outlives what the background still runs for it.
  FileScrub(Parts parts, const std::vector<Disk>& disks, const Options& options);

  void begin();
  void end();

 private:
  struct Reading {
    Reading(Disk of, std::uint64_t bytes_per_second) : disk(std::move(of)), budget(bytes_per_second) {}
    const Disk disk;
    ByteBudget budget;
    TimePoint pass_begun{};
    TimerId timer = 0;
    std::string told;
  };

  void read_piece(Reading& reading);
  void took_piece(Reading& reading, const Result<Scrubbing::Piece>& piece);

  const Parts parts_;
  const Options options_;
  std::list<Reading> readings_;
  bool running_ = false;
};

}  // namespace stator
