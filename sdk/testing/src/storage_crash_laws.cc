#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "storage_history.h"
#include "storage_law_list.h"

// A history is played again and again, ended at each file operation in turn, and what opens afterwards is compared with
// what was acknowledged. Recovery and the life after it are ended at some operation too.

namespace stator::testing {
namespace {

/// What is wrong with what opened, by the law it breaks.
enum class Fault {
  lost,   ///< it does not open, or holds other than what was acknowledged, or in flight
  mixed,  ///< each key is right, but a batch is there in part
};

enum class End { kill, power_cut };

/// One storage over several lives on one disk. [serial]
class Play {
 public:
  Play(const StorageUnderTest& under_test, ModelledDisk& disk, std::uint64_t seed)
      : under_test_(under_test), disk_(disk), source_(seed) {}

  /// The same past on another disk, with another future.
  Play branch(ModelledDisk& disk, std::uint64_t seed) const {
    Play branch(under_test_, disk, seed);
    branch.acknowledged_ = acknowledged_;
    branch.in_flight_ = in_flight_;
    return branch;
  }

  /// Opens, compares, writes, until all is written or a fault is met. Without `faulty` nothing was set to fail.
  void live(const std::vector<Changes>& batches, bool faulty = true) {
    error_ = Status();
    StorageProcess process(under_test_, disk_, source_.below(UINT64_MAX));
    const Status opened = process.open(storage_path(under_test_, "store"));
    const bool may_fail = faulty && disk_.fault_met();
    if (!opened.is_ok()) {
      if (!may_fail) fail(Fault::lost, "it does not open: " + opened.text());
      return;
    }
    compare(*process.storage);
    if (!faults_.empty()) return;
    for (const Changes& changes : batches) {
      if (Status written = write(*process.storage, changes); !written.is_ok()) {
        in_flight_ = changes;
        error_ = written;
        break;
      }
      perform(changes, acknowledged_);
      for (std::uint64_t tasks = source_.below(3); tasks > 0; --tasks) process.host.run_one();
    }
    if (!error_.is_ok()) check_that_it_stopped(*process.storage);
  }

  bool met(Fault fault) const { return faults_.contains(fault); }
  bool stays_stopped() const { return stays_stopped_; }
  const Status& error() const { return error_; }
  const std::string& story() const { return story_; }

 private:
  void fail(Fault fault, const std::string& story) {
    faults_.insert(fault);
    if (story_.empty()) story_ = story;
  }

  void compare(Storage& storage) {
    Result<Contents> found = contents_of(storage);
    if (!found.is_ok()) return fail(Fault::lost, "it does not scan: " + found.status().text());
    const Changes in_flight = in_flight_.value_or(Changes());
    in_flight_.reset();
    if (*found == acknowledged_) return;
    Contents with = acknowledged_;
    perform(in_flight, with);
    if (*found != with) judge(*found, in_flight);
    acknowledged_ = std::move(with);
  }

  /// Neither without nor with the batch that was in flight: is each key at least in a state that it was in?
  void judge(const Contents& found, const Changes& in_flight) {
    auto state = [](const Contents& contents, const Bytes& key) {
      auto at = contents.find(key);
      return at == contents.end() ? std::nullopt : std::optional(at->second);
    };
    auto right = [&](const Bytes& key) {
      const std::optional<Bytes> now = state(found, key);
      return now == state(acknowledged_, key) ||
             std::any_of(in_flight.begin(), in_flight.end(),
                         [&](const Change& change) { return change.key == key && change.value == now; });
    };
    auto entry_right = [&](const auto& entry) { return right(entry.first); };
    const bool each_right = std::all_of(found.begin(), found.end(), entry_right) &&
                            std::all_of(acknowledged_.begin(), acknowledged_.end(), entry_right);
    fail(each_right ? Fault::mixed : Fault::lost, difference(acknowledged_, found));
  }

  void check_that_it_stopped(Storage& storage) {
    for (int i = 0; i < 2; ++i) stays_stopped_ &= write(storage, {{"after the error", "x"}}) == error_;
  }

  const StorageUnderTest& under_test_;
  ModelledDisk& disk_;
  ChangeSource source_;
  Contents acknowledged_;
  std::optional<Changes> in_flight_;
  Status error_;  ///< of the first write that failed
  bool stays_stopped_ = true;
  std::set<Fault> faults_;
  std::string story_;
};

void end_life(ModelledDisk& disk, End end, std::uint64_t seed) {
  if (end == End::kill) {
    disk.kill();
  } else {
    disk.crash(seed);
  }
}

/// Two more lives after the first was ended: one that is ended early, one that is left in peace.
Play afterlife(const Play& first, ModelledDisk& disk, const std::array<End, 2>& ends, std::uint64_t seed) {
  ChangeSource chance(seed);
  end_life(disk, ends[0], seed);
  Play play = first.branch(disk, seed);
  disk.cut_power_at(1 + chance.below(40));
  play.live(chance.batches(12));
  // What a kill alone does is another law.
  if (!play.story().empty()) return ends[0] == ends[1] ? play : first.branch(disk, seed);
  end_life(disk, ends[1], seed + 1);
  play.live(chance.batches(4), false);
  return play;
}

/// Ends a history at every operation, each with several outcomes for what was not synced.
Violations end_everywhere(const StorageUnderTest& under_test, const std::vector<Changes>& history, End end,
                          Fault fault) {
  const std::uint64_t outcomes = end == End::kill ? 1 : 4;
  for (std::uint64_t cut = 1;; ++cut) {
    ModelledDisk disk;
    disk.cut_power_at(cut);
    Play first(under_test, disk, under_test.seed);
    first.live(history);
    if (!disk.fault_met()) return first.met(fault) ? Violations{first.story()} : Violations();
    for (std::uint64_t outcome = 0; outcome < outcomes; ++outcome) {
      std::unique_ptr<ModelledDisk> branch = disk.copy();
      // What a process finds that was killed, and tells its readers, must not go with the power afterwards.
      const std::array<End, 2> ends = {outcome == 3 ? End::kill : end, end};
      const Play play = afterlife(first, *branch, ends, under_test.seed * 1000003 + cut * 16 + outcome);
      if (!play.met(fault)) continue;
      return {"ended at file operation " + std::to_string(cut) + ", outcome " + std::to_string(outcome) + ": " +
              play.story()};
    }
  }
}

Violations end_everywhere(const StorageUnderTest& under_test, End end, Fault fault) {
  ChangeSource source(under_test.seed);
  Violations violations = end_everywhere(under_test, source.batches(70), end, fault);
  return violations.empty() ? end_everywhere(under_test, source.uniform_batches(150), end, fault) : violations;
}

/// Plays the history with the fault that was set, then cuts the power twice.
std::string play_with_fault(const StorageUnderTest& under_test, ModelledDisk& disk, std::uint64_t seed) {
  Play first(under_test, disk, under_test.seed);
  first.live(ChangeSource(under_test.seed).batches(70));
  if (!first.stays_stopped()) return "after '" + first.error().text() + "' a later write had another outcome";
  Play after = first.branch(disk, seed);
  for (std::uint64_t life = 0; life < 2 && after.story().empty(); ++life) {
    disk.crash(seed + life);
    after.live({}, false);
  }
  return after.met(Fault::lost) ? after.story() : "";
}

/// Lets the first sync or write fail, the second, and so on, until the history has no more of them.
Violations fail_everywhere(const StorageUnderTest& under_test, const std::string& what,
                           void (ModelledDisk::*fail)(std::uint64_t, Status)) {
  for (std::uint64_t nth = 1;; ++nth) {
    ModelledDisk disk;
    (disk.*fail)(nth, Status(Code::internal, "an injected error of the disk"));
    const std::string story = play_with_fault(under_test, disk, under_test.seed + nth);
    if (!story.empty()) return {(what + " " + std::to_string(nth) + " failed: ").append(story)};
    if (!disk.fault_met()) return {};
  }
}

}  // namespace

Violations acknowledged_writes_survive_a_kill(const StorageUnderTest& under_test) {
  return end_everywhere(under_test, End::kill, Fault::lost);
}

Violations acknowledged_writes_survive_a_power_cut(const StorageUnderTest& under_test) {
  return end_everywhere(under_test, End::power_cut, Fault::lost);
}

Violations batches_are_whole_after_a_power_cut(const StorageUnderTest& under_test) {
  return end_everywhere(under_test, End::power_cut, Fault::mixed);
}

Violations stops_after_a_failed_sync(const StorageUnderTest& under_test) {
  Violations violations = fail_everywhere(under_test, "sync", &ModelledDisk::fail_sync_at);
  return violations.empty() ? fail_everywhere(under_test, "write", &ModelledDisk::fail_write_at) : violations;
}

Violations says_when_the_disk_is_full(const StorageUnderTest& under_test) {
  ModelledDisk disk;
  auto process = std::make_unique<StorageProcess>(under_test, disk, under_test.seed);
  const Path path = storage_path(under_test, "store");
  if (Status opened = process->open(path); !opened.is_ok()) return {opened.text()};
  ChangeSource source(under_test.seed);
  Contents model;
  Status failed;
  disk.set_capacity(64 << 10);
  for (int i = 0; i < 100000 && failed.is_ok(); ++i) {
    // Only new keys: no snapshot makes room for ever.
    const Changes changes = {{"key " + std::to_string(i), source.value()}};
    failed = write(*process->storage, changes);
    if (failed.is_ok()) perform(changes, model);
    process->host.run_one();
  }
  if (failed.code() != Code::storage_full) return {"a full disk is '" + failed.text() + "', not storage_full"};
  Violations violations;
  auto compare = [&](const std::string& when) {
    Result<Contents> found = contents_of(*process->storage);
    if (!found.is_ok()) violations.push_back(when + ": " + found.status().text());
    const std::string differs = found.is_ok() ? difference(model, *found) : "";
    if (!differs.empty()) violations.push_back(when + ": " + differs);
  };
  compare("on the full disk");
  process.reset();
  disk.kill();
  process = std::make_unique<StorageProcess>(under_test, disk, under_test.seed);
  if (Status opened = process->open(path); !opened.is_ok()) return {"it does not open again: " + opened.text()};
  compare("opened when there was room again");
  const Changes more = {{"more", "room"}};
  if (Status written = write(*process->storage, more); !written.is_ok())
    violations.push_back("no write: " + written.text());
  perform(more, model);
  compare("written to when there was room again");
  return violations;
}

}  // namespace stator::testing
