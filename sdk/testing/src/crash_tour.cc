#include "stator/testing/crash_tour.h"

#include <memory>
#include <vector>

#include "crash_outcomes.h"
#include "storage_history.h"

namespace stator::testing {
namespace {

/// What one history had achieved when the power went.
struct Past {
  Contents acknowledged;
  Changes in_flight;
  bool complete = false;  ///< the power did not go at all
};

/// Cuts and recovers, and counts what it tried. [serial]
class Tour {
 public:
  Tour(const StorageUnderTest& storage, const CrashTour& tour) : storage_(storage), tour_(tour) {}

  CrashTourReport run() {
    const std::vector<Changes> history = make_history();
    for (std::uint64_t cut = 1; report_.violation.empty(); ++cut) {
      ModelledDisk disk;
      disk.cut_power_at(cut);
      past_ = play(disk, history);
      if (past_.complete) break;
      ++report_.points;
      place_ = "cut at operation " + std::to_string(cut);
      for (const CrashOutcome& outcome : crash_outcomes(disk, tour_.outcomes, storage_.seed + cut)) {
        std::unique_ptr<ModelledDisk> left = disk.copy();
        outcome.happen(*left);
        recover(*left, place_ + ", " + outcome.name);
        if (!report_.violation.empty()) break;
      }
    }
    return report_;
  }

 private:
  std::vector<Changes> make_history() const {
    ChangeSource source(storage_.seed);
    std::vector<Changes> history =
        tour_.uniform ? source.uniform_batches(tour_.batches) : source.batches(tour_.batches);
    for (Changes& changes : history) {
      for (Change& change : changes) {
        if (change.value && tour_.padding > 0) change.value->append(source.below(tour_.padding), 'p');
      }
    }
    return history;
  }

  Past play(ModelledDisk& disk, const std::vector<Changes>& history) const {
    Past past;
    StorageProcess process(storage_, disk, storage_.seed);
    if (!process.open(path()).is_ok()) return past;
    ChangeSource chance(storage_.seed + 1);
    for (const Changes& changes : history) {
      past.in_flight = changes;
      if (!write(*process.storage, changes).is_ok()) return past;
      perform(changes, past.acknowledged);
      past.in_flight.clear();
      for (std::uint64_t tasks = chance.below(3); tasks > 0; --tasks) process.host.run_one();
    }
    process.host.run_all();
    past.complete = !disk.fault_met();
    return past;
  }

  /// The disk as a crash left it: recovered from in peace, and with the power cut at each operation.
  void recover(const ModelledDisk& left, const std::string& story) {
    std::unique_ptr<ModelledDisk> calm = left.copy();
    live_on(*calm, story);
    for (std::uint64_t cut = 1; report_.violation.empty(); ++cut) {
      std::unique_ptr<ModelledDisk> again = left.copy();
      again->cut_power_at(cut);
      {
        StorageProcess process(storage_, *again, storage_.seed + cut);
        if (process.open(path()).is_ok() && !again->fault_met()) return;
      }
      const std::string where = story + "; recovery cut at its operation " + std::to_string(cut) + ", ";
      for (const CrashOutcome& outcome : crash_outcomes(*again, tour_.outcomes_in_recovery, storage_.seed + cut)) {
        std::unique_ptr<ModelledDisk> twice = again->copy();
        outcome.happen(*twice);
        StorageProcess process(storage_, *twice, storage_.seed);
        Contents found;
        if (!opens(process, where + outcome.name, found)) return;
      }
    }
  }

  /// Recovers, writes once more, and loses all that is not synced then.
  void live_on(ModelledDisk& disk, const std::string& story) {
    Contents expected;
    const Changes more = {{"written after the recovery", "x"}};
    {
      StorageProcess process(storage_, disk, storage_.seed + 2);
      if (!opens(process, story, expected)) return;
      if (Status written = write(*process.storage, more); !written.is_ok()) {
        report_.violation = story + "; recovered, but then a write fails: " + written.text();
        return;
      }
    }
    perform(more, expected);
    disk.crash({.name = [](std::uint64_t) { return false; }, .data = [](std::uint64_t) { return false; }});
    StorageProcess process(storage_, disk, storage_.seed + 3);
    ++report_.states;
    Result<Contents> found = open_and_read(process);
    const std::string wrong = found.is_ok() ? difference(expected, *found) : found.status().text();
    if (!wrong.empty()) report_.violation = story + "; recovered, written to, and cut again: " + wrong;
  }

  bool opens(StorageProcess& process, const std::string& story, Contents& found) {
    ++report_.states;
    Result<Contents> read = open_and_read(process);
    if (!read.is_ok()) {
      report_.violation = story + ": it does not open: " + read.status().text();
      return false;
    }
    found = std::move(*read);
    if (found == past_.acknowledged) return true;
    Contents with = past_.acknowledged;
    perform(past_.in_flight, with);
    if (found == with) return true;
    report_.violation = story + ": " + difference(past_.acknowledged, found);
    return false;
  }

  Result<Contents> open_and_read(StorageProcess& process) const {
    if (Status opened = process.open(path()); !opened.is_ok()) return opened;
    return contents_of(*process.storage);
  }

  Path path() const { return storage_path(storage_, "store"); }

  const StorageUnderTest& storage_;
  const CrashTour& tour_;
  CrashTourReport report_;
  Past past_;
  std::string place_;
};

}  // namespace

CrashTourReport tour_crashes(const StorageUnderTest& storage, const CrashTour& tour) {
  return Tour(storage, tour).run();
}

}  // namespace stator::testing
