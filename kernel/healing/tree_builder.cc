#include "kernel/healing/tree_builder.h"

#include <algorithm>
#include <utility>

#include "kernel/healing/known_scan.h"
#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

// A slice of half a millisecond or less, and a rest: at most a tenth of a loop's time, 100,000 keys a second. Where
// slices take longer the loop's share for anti-entropy makes the rests longer too.
constexpr std::size_t kSliceEntries = 512;
constexpr std::size_t kSliceBytes = 1 << 20;
constexpr std::size_t kScanCost = 8;  // what it costs to begin a partition, in entries
constexpr std::chrono::milliseconds kRest{5};

}  // namespace

TreeBuilder::TreeBuilder(const PacedLoop& loop, const Replica& replica, std::vector<Kept> kept, Share share)
    : loop_(loop), replica_(replica), kept_(std::move(kept)), share_(share) {}

void TreeBuilder::begin() {
  running_ = true;
  for (const Kept& kept : kept_) {
    for (std::size_t p = share_.index; p < kept.trees->partitions(); p += share_.loops)
      jobs_.push_back({&kept, static_cast<Partition>(p)});
  }
  arm();
}

void TreeBuilder::end() {
  running_ = false;
  loop_.executor.cancel(std::exchange(timer_, 0));
}

const TreeBuilder::Kept* TreeBuilder::find(const Store& store, std::uint16_t keyspace) const {
  const auto found = std::find_if(kept_.begin(), kept_.end(),
                                  [&](const Kept& kept) { return kept.store == &store && kept.keyspace == keyspace; });
  return found == kept_.end() ? nullptr : &*found;
}

std::vector<TreeBuilder::Job> TreeBuilder::jobs_of(const std::vector<CopyRange>& ranges) const {
  std::vector<Job> jobs;
  for (const CopyRange& range : ranges) {
    const Kept* kept = find(range.store, range.keyspace);
    if (kept != nullptr && range.partition % share_.loops == share_.index) jobs.push_back({kept, range.partition});
  }
  return jobs;
}

void TreeBuilder::withhold(const std::vector<CopyRange>& ranges) {
  for (const Job& job : jobs_of(ranges)) {
    withheld_.insert(job);
    job.kept->trees->reset(job.partition);
    if (!jobs_.empty() && jobs_.front() == job) cursor_.clear();
    std::erase(jobs_, job);
  }
}

void TreeBuilder::release(const std::vector<CopyRange>& ranges) {
  for (const Job& job : jobs_of(ranges)) {
    if (withheld_.erase(job) > 0) jobs_.push_back(job);
  }
  arm();
}

void TreeBuilder::settled(const KeyAddress& at, std::uint64_t before, std::uint64_t after) {
  const Kept* kept = find(at.store, at.keyspace);
  if (kept == nullptr) return;
  if (before == 0 && STATOR_SEEDED_BUG(tree_misses_new_keys)) return;
  if (before != 0 && STATOR_SEEDED_BUG(tree_misses_updates)) return;
  if (!kept->trees->built(at.partition)) {
    // Only what the scan has passed already; the rest it will meet.
    const bool at_work = !jobs_.empty() && jobs_.front().kept == kept && jobs_.front().partition == at.partition;
    if (!at_work || at.key >= cursor_) return;
  }
  kept->trees->change(at.partition, at.key, before, after);
}

void TreeBuilder::unsettled(const KeyAddress& at) {
  const Kept* kept = find(at.store, at.keyspace);
  if (kept == nullptr) return;
  if (kept->trees->built(at.partition)) {
    jobs_.push_back({kept, at.partition});
    ++rebuilds_;
  } else if (!jobs_.empty() && jobs_.front().kept == kept && jobs_.front().partition == at.partition) {
    cursor_.clear();
  }
  kept->trees->reset(at.partition);
  arm();
}

void TreeBuilder::arm() {
  if (!running_ || timer_ != 0 || reading_ahead_ || jobs_.empty()) return;
  timer_ = loop_.executor.after(std::max<Duration>(kRest, loop_.rest()), [this] {
    timer_ = 0;
    reading_ahead_ = true;
    read_slices_ahead(loop_.executor, next_slices(), {kSliceEntries, kSliceBytes}, [this] {
      reading_ahead_ = false;
      if (!running_) return;
      work();
      arm();
    });
  });
}

std::vector<SliceStart> TreeBuilder::next_slices() const {
  std::vector<SliceStart> slices;
  if (jobs_.empty()) return slices;  // withheld since
  Store& store = *jobs_.front().kept->store;
  if (store.readers() == nullptr) return slices;
  for (const Job& job : jobs_) {
    if (slices.size() == kSliceEntries / kScanCost || job.kept->store != &store) break;
    slices.push_back({{store, job.kept->keyspace, job.partition}, slices.empty() ? cursor_ : Bytes()});
  }
  return slices;
}

void TreeBuilder::work() {
  const TimedWork timed(loop_.executor, loop_.cpu);
  std::size_t room = kSliceEntries;
  while (room > 0 && !jobs_.empty()) room -= std::min(room, build_slice(room));
}

std::size_t TreeBuilder::build_slice(std::size_t room) {
  const Job job = jobs_.front();
  const CopyRange range{*job.kept->store, job.kept->keyspace, job.partition};
  std::size_t taken = kScanCost;
  const Result<std::optional<Bytes>> next =
      scan_known(replica_, range, cursor_, {room, kSliceBytes}, [&](const KnownCopy& copy) {
        ++taken;
        job.kept->trees->change(job.partition, copy.key, 0, copy.digest);
      });
  if (next.is_ok()) {
    if (*next) {
      cursor_ = **next;
      return room;
    }
    job.kept->trees->set_built(job.partition);
  } else {
    // A partition that cannot be read stays unbuilt, and unverified; it is tried again when the others are done.
    job.kept->trees->reset(job.partition);
    jobs_.push_back(job);
  }
  jobs_.pop_front();
  cursor_.clear();
  return next.is_ok() ? taken : room;
}

}  // namespace stator
