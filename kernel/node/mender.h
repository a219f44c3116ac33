#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <vector>

#include "kernel/node/lives.h"
#include "kernel/replica/loss.h"
#include "kernel/replica/store.h"
#include "kernel/seams/executor.h"
#include "stator/mending.h"

namespace stator {

/// Has storages give up what they cannot read, so that peers fill it again (see docs/decisions, 2026-11-29). One store
/// at a time goes through these steps, none of which begins before the one before is durable:
///   survey    which keys may be lost
///   withhold  their partitions' trees say nothing any more
///   doubt     their partitions do not count, and the store notes it
///   give up   what cannot be read is absent
///   clear     large copies that are not whole are absent, too: a head without its rows says nothing of them
///   release   the trees are built from what is left; anti-entropy brings the rest, and ends the doubt
/// [first loop]
class Mender {
 public:
  /// What the world lends; outlives the mender.
  struct Parts {
    using Ranges = std::vector<CopyRange>;

    Executor& first_loop;
    Background* background;  ///< runs what waits for a disk; null: it is waited for
    Lives& lives;
    std::function<void(const Ranges&, Task then)> withhold;  ///< `then` comes on the first loop
    std::function<void(const Ranges&, Task then)> clear;     ///< likewise: see remove_misfits()
    std::function<void(const Ranges&)> release;
    std::function<void(const std::string&)> tell;  ///< a sentence for people
    std::size_t partitions = 0;
  };
  static constexpr Duration kEvery = std::chrono::seconds(1);

  /// Stores that have no Mending give nothing up. They outlive the mender, and the mender outlives what the background
  /// still runs for it.
  Mender(Parts parts, const Lives::Stores& stores);

  void run();
  void stop();
  /// Copies of the range are not what was written there, and nobody knows which: it goes through the same steps, but
  /// that the storage gives up nothing.
  void doubt(const CopyRange& range);
  /// Ranges of keys that were given up, of that store. [any-thread]
  std::uint64_t mended(const Store& store) const;

 private:
  struct Patient {
    explicit Patient(Store& of) : store(of), mending(of.mending()) {}
    Store& store;
    Mending* mending;  ///< or null
    bool busy = false;
    TimePoint not_before{};
    std::string told;
    std::atomic<std::uint64_t> mended{0};
  };
  struct Survey {
    Status status;
    std::size_t ranges = 0;
    Loss loss;
  };

  static Parts::Ranges ranges_of(const Patient& patient, const std::set<LostCopies>& copies);
  void resume(Patient& patient);
  void look();
  template <typename Work, typename Then>
  void in_background(Work work, Then then);
  Survey survey(const Patient& patient) const;  // [any-thread, blocking]
  void surveyed(Patient& patient, const Survey& found);
  void give_up(Patient& patient, const Survey& found, const Parts::Ranges& ranges);
  void clear(const Parts::Ranges& ranges, Task then);
  void rest(Patient& patient, const Status& outcome);

  const Parts parts_;
  std::list<Patient> patients_;
  bool running_ = false;
  TimerId timer_ = 0;
};

}  // namespace stator
