#include "memtable.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "examination.h"
#include "seeded_bugs.h"
#include "stator/plugin.h"

namespace stator::memtable {
namespace {

constexpr std::uint64_t kLeastSegment = 4 << 10;
constexpr std::uint64_t kLargestSegment = 1 << 30;

Status not_open() { return Status(Code::failed_precondition, "the storage is not open"); }

}  // namespace

Memtable::Memtable(Host& host, Options options) : host_(host), options_(options), gate_(host) {
  if (auto* offers = extension<SalvageOffers>(host)) offers->offer(*this);
  if (auto* offers = extension<ScrubbingOffers>(host)) offers->offer(*this);
}

std::unique_ptr<Storage> Memtable::create(Host& host, const Config& config, Status& why) {
  const Options options{.segment_bytes = config.bytes("segment_bytes"),
                        .snapshot_after_bytes = config.bytes("snapshot_after_bytes")};
  if (options.segment_bytes < kLeastSegment || options.segment_bytes > kLargestSegment) {
    why = Status(Code::invalid_argument,
                 "segment_bytes is " + std::to_string(options.segment_bytes) + ", not 4KiB to 1GiB");
    return nullptr;
  }
  return std::make_unique<Memtable>(host, options);
}

Status Memtable::open(const Path& path) {
  if (index_ != nullptr) return Status(Code::failed_precondition, "the storage is open already");
  directory_.emplace(host_.files(), path);
  if (Status locked = directory_->lock(); !locked.is_ok()) return locked;
  Result<Directory::Format> format = directory_->format();
  if (!format.is_ok()) return format.status();
  // As many spares as the log has segments when a snapshot is due, so that in the long run no file is made.
  supply_.emplace(host_, *directory_, gate_,
                  SegmentSupply::Options{.segment_bytes = options_.segment_bytes,
                                         .max_spares = options_.snapshot_after_bytes / options_.segment_bytes + 1});
  if (Status fresh = *format == Directory::Format::none ? make_directory() : Status::ok(); !fresh.is_ok()) return fresh;
  Result<Recovered> recovered = recover(host_, *directory_);
  if (!recovered.is_ok()) return recovered.status();
  // From here on there may be segments that an older build does not read.
  if (Status noted = *format == Directory::Format::old ? directory_->mark_made() : Status::ok(); !noted.is_ok())
    return noted;

  std::lock_guard lock(log_mutex_);
  const std::uint64_t next = recovered->tail.segment.header.id.sequence + recovered->ready.size() + 1;
  supply_->resume(std::move(recovered->ready), next);
  log_.emplace(*supply_);
  log_->resume(std::move(recovered->tail));
  supply_->prepare();
  snapshot_at_ = options_.snapshot_after_bytes;
  oldest_segment_ = recovered->oldest_segment;
  snapshot_sequence_ = recovered->has_snapshot ? recovered->oldest_segment : 0;
  pass_.emplace(*directory_);
  index_ = std::move(recovered->index);
  return Status::ok();
}

/// A new directory, or one whose making was interrupted. FORMAT comes last.
Status Memtable::make_directory() {
  const Result<bool> written_to = holds_writes(*directory_);
  if (!written_to.is_ok()) return written_to.status();
  if (*written_to) return damaged(directory_->file("FORMAT"), 0, "it is missing, but there is a log or a snapshot");
  Result<Segment> first = supply_->take();
  if (!first.is_ok()) return first.status();
  return directory_->mark_made();
}

Status Memtable::write(WriteBatch batch) {
  if (index_ == nullptr) return not_open();
  std::optional<Due> due;
  {
    std::lock_guard lock(log_mutex_);
    due = snapshot_due();
    Status logged = log_->append(batch);
    if (logged.is_ok()) {
      for (const Mutation& mutation : batch) index_->apply(mutation);
      wal_ops_ += batch.size();
    }
    if (!due) return logged;
    if (!logged.is_ok()) {
      snapshot_running_ = false;
      return logged;
    }
  }
  gate_.run([this, due = *due] { (void)take_snapshot(due); });
  return Status::ok();
}

/// Begins a snapshot when it is time for one. Not before the log is half as long as what a snapshot writes: so all
/// snapshots together write at most twice what the log does, however much the storage holds.
std::optional<Memtable::Due> Memtable::snapshot_due() {
  const std::uint64_t log_bytes = log_->bytes();
  if (snapshot_running_ || log_bytes < std::max(snapshot_at_, index_->bytes() / 2)) return std::nullopt;
  Result<Due> due = begin_snapshot();
  if (due.is_ok()) return *due;
  // The write that follows meets the error itself, or still has room.
  snapshot_at_ = log_bytes + options_.segment_bytes;
  return std::nullopt;
}

/// Rotates the log: what it says until now is to be in a snapshot that is made next.
Result<Memtable::Due> Memtable::begin_snapshot() {
  const std::uint64_t log_bytes = log_->bytes();
  Result<LogPosition> start = log_->rotate();
  if (!start.is_ok()) return start.status();
  snapshot_running_ = true;
  return Due{{start->sequence, start->checksum}, log_bytes};
}

Status Memtable::take_snapshot(const Due& due) {
  std::lock_guard copying(copy_mutex_);
  Status saved = save(due);
  if (saved.is_ok()) forget_log(due);
  std::lock_guard lock(log_mutex_);
  snapshot_running_ = false;
  if (saved.is_ok()) {
    log_->forget(due.log_bytes);
    snapshot_at_ = options_.snapshot_after_bytes;
    return saved;
  }
  snapshot_at_ = log_->bytes() + options_.snapshot_after_bytes;
  if (!gate_.closing()) host_.log(LogLevel::warning, "no snapshot could be made, the log grows on: " + saved.text());
  return saved;
}

Status Memtable::save(const Due& due) {
  Files& files = directory_->files();
  const Path unfinished = directory_->file("snapshot.tmp");
  Status written = write_snapshot(files, unfinished, due.head, *index_, [this] { return gate_.closing(); });
  if (!written.is_ok()) {
    Status removed = files.remove(unfinished);
    if (!removed.is_ok() && removed.code() != Code::not_found) host_.log(LogLevel::warning, removed.text());
    return written;
  }
  if (Status named = files.rename(unfinished, directory_->snapshot(due.head.sequence)); !named.is_ok()) return named;
  return directory_->sync();
}

/// Only now that the snapshot is durable under its name.
void Memtable::forget_log(const Due& due) {
  if (snapshot_sequence_ != 0) {
    Status removed = directory_->files().remove(directory_->snapshot(snapshot_sequence_));
    if (!removed.is_ok()) host_.log(LogLevel::warning, "an obsolete snapshot stays: " + removed.text());
  }
  snapshot_sequence_ = due.head.sequence;
  std::vector<Path> obsolete;
  for (; oldest_segment_ < due.head.sequence; ++oldest_segment_)
    obsolete.push_back(directory_->segment(oldest_segment_));
  supply_->retire(obsolete);
}

Result<std::optional<Bytes>> Memtable::get(BytesView key) {
  if (index_ == nullptr) return not_open();
  return index_->get(key);
}

Status Memtable::scan(BytesView first, BytesView last, const Visitor& visit) {
  if (index_ == nullptr) return not_open();
  index_->scan(first, last, visit);
  return Status::ok();
}

Status Memtable::checkpoint(const Path& directory) {
  if (index_ == nullptr) return not_open();
  std::lock_guard copying(copy_mutex_);
  return make_checkpoint({*directory_, *index_, [this] { return position(); }}, directory);
}

LogPosition Memtable::position() const {
  std::lock_guard lock(log_mutex_);
  return log_->position();
}

Result<StorageFindings> Memtable::examine(const Path& path, const Visitor& visit) {
  if (index_ != nullptr) return Status(Code::failed_precondition, "the storage is open");
  Directory directory(host_.files(), path);
  if (Status locked = directory.lock(); !locked.is_ok()) return locked;
  return memtable::examine(directory, visit);
}

Result<Scrubbing::Piece> Memtable::scrub_piece() {
  if (index_ == nullptr) return not_open();
  FilePass::Step step = read_again();
  Piece piece{.bytes = step.bytes, .last = step.last};
  if (!step.fault || MEMTABLE_SEEDED_BUG(damage_left_alone)) return piece;
  std::unique_lock lock(log_mutex_);
  if (snapshot_running_) return Piece{.bytes = step.bytes};  // it may be what mends this; then comes another pass
  host_.log(LogLevel::error, step.fault->file + " is damaged at offset " + std::to_string(step.fault->offset) + ": " +
                                 step.fault->what + "; all of it is in memory, and is written anew");
  const Result<Due> due = begin_snapshot();
  if (!due.is_ok()) return due.status();
  lock.unlock();
  if (Status taken = take_snapshot(*due); !taken.is_ok()) return taken;
  if (Status marked = directory_->mark_made(); !marked.is_ok()) return marked;
  return Piece{.bytes = step.bytes, .damage = 1};
}

FilePass::Step Memtable::read_again() {
  std::lock_guard copying(copy_mutex_);
  return pass_->next({snapshot_sequence_, oldest_segment_, position()});
}

StorageStats Memtable::stats() const {
  if (index_ == nullptr) return {};
  std::lock_guard lock(log_mutex_);
  StorageStats stats{.keys = index_->keys(), .bytes = index_->bytes(), .wal_ops = wal_ops_, .wal_bytes = log_->bytes()};
  stats.paths["wal"] = directory_->segment(log_->position().sequence);
  if (snapshot_sequence_ != 0) stats.paths["snapshot"] = directory_->snapshot(snapshot_sequence_);
  return stats;
}

namespace {

constexpr stator_option kOptions[] = {
    {"segment_bytes", "bytes", "64MiB", "size of one file of the log, written in advance; 4KiB to 1GiB"},
    {"snapshot_after_bytes", "bytes", "256MiB",
     "bytes of log after which a snapshot is made; bounds the time of recovery"},
    {nullptr, nullptr, nullptr, nullptr}};

}  // namespace
}  // namespace stator::memtable

STATOR_PLUGIN(stator::Storage, stator::memtable::Memtable, .name = "memtable", .version = "1.0.0",
              .capabilities = "deterministic", .options = stator::memtable::kOptions);
