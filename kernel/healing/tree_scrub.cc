#include "kernel/healing/tree_scrub.h"

#include <algorithm>
#include <utility>

#include "kernel/replica/storage_keys.h"
#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

// As TreeBuilder has them.
constexpr SliceLimit kTurn{512, 1 << 20};
constexpr std::size_t kScanCost = 8;  // what it costs to begin a partition, in entries
constexpr std::chrono::milliseconds kRest{5};

}  // namespace

TreeScrub::TreeScrub(Parts parts, const std::vector<TreeBuilder::Kept>& kept, const TreeBuilder::Share& share,
                     const Options& options)
    : parts_(std::move(parts)), options_(options), budget_(options.bytes_per_second) {
  for (const TreeBuilder::Kept& each : kept) {
    for (std::size_t p = share.index; p < each.trees->partitions(); p += share.loops)
      jobs_.push_back({each, static_cast<Partition>(p), {}});
  }
}

void TreeScrub::begin() {
  const TimePoint now = parts_.loop.executor.now();
  oldest_.store(now.time_since_epoch().count());
  if (options_.period <= Duration(0) || jobs_.empty()) return;
  for (Job& job : jobs_) job.done = now;
  at_ = options_.seed % jobs_.size();
  running_ = true;
  arm();
}

void TreeScrub::end() {
  running_ = false;
  parts_.loop.executor.cancel(std::exchange(timer_, 0));
}

void TreeScrub::restart() {
  cursor_.clear();
  scanned_ = false;
  tree_.clear();
  large_.clear();
  unfit_ = false;
}

bool TreeScrub::at_work(const KeyAddress& at) const {
  if (!running_) return false;
  const Job& job = jobs_[at_];
  return job.kept.store == &at.store && job.kept.keyspace == at.keyspace && job.partition == at.partition;
}

void TreeScrub::settled(const KeyAddress& at, std::uint64_t before, std::uint64_t after) {
  parts_.builder.settled(at, before, after);
  if (!at_work(at)) return;
  // What was not read yet will be.
  if (scanned_ || at.key < cursor_) tree_.change(key_hash(at.key), before, after);
  std::erase_if(large_, [&at](const Large& large) { return large.key == at.key; });
}

void TreeScrub::unsettled(const KeyAddress& at) {
  parts_.builder.unsettled(at);
  if (at_work(at)) restart();
}

void TreeScrub::arm() {
  if (!running_) return;
  const bool begins = cursor_.empty() && !scanned_;
  const Duration between = begins ? options_.period / static_cast<Duration::rep>(jobs_.size()) : Duration(0);
  const TimePoint now = parts_.loop.executor.now();
  const Duration rest = std::max({between, Duration(kRest), parts_.loop.rest(), budget_.wait(now)});
  timer_ = parts_.loop.executor.after(rest, [this] {
    timer_ = 0;
    read_ahead([this] {
      if (!running_) return;
      work();
      arm();
    });
  });
}

void TreeScrub::read_ahead(Task then) {
  Executor& executor = parts_.loop.executor;
  Readers* readers = jobs_[at_].kept.store->readers();
  if (large_.empty() || readers == nullptr) return read_slices_ahead(executor, next_slices(), kTurn, std::move(then));
  // Whoever reads it again is told what is wrong with it.
  readers->run(
      executor,
      [&storage = jobs_[at_].kept.store->storage(), rows = large_.front().rows]() mutable {
        (void)rows.read(storage, kTurn.entries, kTurn.bytes);
      },
      std::move(then));
}

// One, or several where they are due more often than there are turns; all of one store.
std::size_t TreeScrub::due() const {
  const std::size_t a_turn = 1 + jobs_.size() * kRest / options_.period;
  std::size_t due = 1;
  while (due < std::min(a_turn, jobs_.size() - at_) && jobs_[at_ + due].kept.store == jobs_[at_].kept.store) ++due;
  return due;
}

std::vector<SliceStart> TreeScrub::next_slices() const {
  std::vector<SliceStart> slices;
  if (jobs_[at_].kept.store->readers() == nullptr) return slices;
  const std::size_t end = at_ + due();
  for (std::size_t i = at_; i < end; ++i) slices.push_back({jobs_[i].range(), i == at_ ? cursor_ : Bytes()});
  return slices;
}

void TreeScrub::work() {
  const TimedWork timed(parts_.loop.executor, parts_.loop.cpu);
  std::size_t room = kTurn.entries;
  for (std::size_t left = due(); left > 0 && room > 0 && run_slice(room); --left) next_job();
}

void TreeScrub::spend(std::size_t bytes) {
  budget_.spend(bytes, parts_.loop.executor.now());
  parts_.counters.copy_bytes += bytes;
}

Status TreeScrub::read_copies(std::size_t& room) {
  const Job& job = jobs_[at_];
  std::size_t bytes = 0;
  std::size_t entries = kScanCost;
  const Result<std::optional<Bytes>> next =
      scan_known(parts_.replica, job.range(), cursor_, {room, kTurn.bytes}, [&](const KnownCopy& copy) {
        tree_.change(key_hash(copy.key), 0, copy.digest);
        bytes += copy.stored.size();
        ++entries;
        if (is_head(copy.stored)) note_large(copy);
      });
  room -= std::min(room, entries);
  spend(bytes);
  if (!next.is_ok()) return next.status();
  scanned_ = !*next;
  if (*next) cursor_ = **next;
  return Status::ok();
}

void TreeScrub::note_large(const KnownCopy& copy) {
  const Job& job = jobs_[at_];
  const Result<Head> head = decode_head(copy.stored);
  unfit_ = unfit_ || !head.is_ok();
  if (head.is_ok())
    large_.push_back({Bytes(copy.key),
                      {head->count, head->sum},
                      RowCursor(rows_prefix(job.partition, job.kept.keyspace, copy.key))});
}

// A commit of the key that ended since the head was read has taken it out of large_; one that is under way may be
// stored already.
Status TreeScrub::read_rows(std::size_t& room) {
  const Job& job = jobs_[at_];
  Large& large = large_.front();
  if (parts_.replica.in_flight(KeyAddress{*job.kept.store, job.partition, job.kept.keyspace, large.key})) {
    large_.pop_front();
    return Status::ok();
  }
  const std::uint64_t before = large.rows.tally.count;
  const Result<std::size_t> bytes = large.rows.read(job.kept.store->storage(), room, kTurn.bytes);
  if (!bytes.is_ok()) return bytes.status();
  room -= std::min<std::size_t>(room, kScanCost + (large.rows.tally.count - before));
  spend(*bytes);
  if (!large.rows.done) return Status::ok();
  unfit_ = unfit_ || large.rows.tally != large.expected;
  large_.pop_front();
  return Status::ok();
}

bool TreeScrub::run_slice(std::size_t& room) {
  Job& job = jobs_[at_];
  // A tree that is not made will be made from what is stored.
  if (!job.kept.trees->built(job.partition)) return true;
  Status read;
  if (!large_.empty()) {
    read = read_rows(room);
  } else if (!scanned_) {
    read = read_copies(room);
  }
  // What cannot be read the storage has met by now; it is no difference, and others do what is to be done.
  if (!read.is_ok()) return true;
  if (!scanned_ || !large_.empty()) return false;
  job.done = parts_.loop.executor.now();
  ++parts_.counters.partitions;
  if ((is_as_read(job) && !unfit_) || STATOR_SEEDED_BUG(scrub_trusts_the_tree)) return true;
  ++parts_.counters.differences;
  parts_.differs(job.range());
  return true;
}

bool TreeScrub::is_as_read(const Job& job) const {
  for (unsigned leaf = 0; leaf < MerkleTree::kLeaves; ++leaf) {
    if (job.kept.trees->leaf(job.partition, leaf) != tree_.leaf(leaf)) return false;
  }
  return true;
}

void TreeScrub::next_job() {
  restart();
  at_ = (at_ + 1) % jobs_.size();
  const auto oldest =
      std::min_element(jobs_.begin(), jobs_.end(), [](const Job& a, const Job& b) { return a.done < b.done; });
  oldest_.store(oldest->done.time_since_epoch().count());
}

}  // namespace stator
