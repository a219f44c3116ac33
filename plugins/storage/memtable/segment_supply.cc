#include "segment_supply.h"

#include <string>
#include <utility>

namespace stator::memtable {

SegmentSupply::SegmentSupply(Host& host, const Directory& directory, TaskGate& gate, Options options)
    : host_(host), directory_(directory), gate_(gate), options_(options) {}

void SegmentSupply::resume(std::deque<Segment> ready, std::uint64_t next) {
  std::lock_guard lock(mutex_);
  ready_ = std::move(ready);
  next_ = next;
}

void SegmentSupply::prepare() {
  {
    std::lock_guard lock(mutex_);
    if (state_ != State::idle || !ready_.empty()) return;
    state_ = State::queued;
  }
  gate_.run([this] {
    std::unique_lock lock(mutex_);
    if (state_ != State::queued) return;  // the log could not wait and made it
    if (Status made = make(lock); !made.is_ok()) {
      lock.unlock();
      host_.log(LogLevel::warning, "no log segment could be prepared: " + made.text());
    }
  });
}

Result<Segment> SegmentSupply::take() {
  std::unique_lock lock(mutex_);
  made_.wait(lock, [this] { return state_ != State::making; });
  if (ready_.empty()) {
    if (Status made = make(lock); !made.is_ok()) return made;
  }
  Segment segment = std::move(ready_.front());
  ready_.pop_front();
  return segment;
}

void SegmentSupply::put_back(Segment segment) {
  std::lock_guard lock(mutex_);
  ready_.push_front(std::move(segment));
}

void SegmentSupply::retire(const std::vector<Path>& obsolete) {
  std::vector<Path> surplus;
  {
    std::lock_guard lock(mutex_);
    for (const Path& path : obsolete) (spares_.size() < options_.max_spares ? spares_ : surplus).push_back(path);
  }
  for (const Path& path : surplus) {
    if (Status removed = directory_.files().remove(path); !removed.is_ok()) {
      host_.log(LogLevel::warning, "an obsolete log segment stays: " + removed.text());
    }
  }
}

Status SegmentSupply::make(std::unique_lock<std::mutex>& lock) {
  if (!failure_.is_ok()) return failure_;
  state_ = State::making;
  const SegmentHeader header = make_segment_header({next_, host_.random()}, options_.segment_bytes);
  Path spare;
  if (!spares_.empty()) {
    spare = std::move(spares_.back());
    spares_.pop_back();
  }
  lock.unlock();
  Result<Segment> segment = make_file(header, spare);
  if (segment.is_ok()) {
    if (Status named = give_name(*segment); !named.is_ok()) segment = named;
  }
  lock.lock();
  state_ = State::idle;
  if (segment.is_ok()) {
    ready_.push_back(std::move(*segment));
    ++next_;
  } else if (segment.status().code() != Code::storage_full) {
    failure_ = segment.status();
  }
  made_.notify_all();
  return segment.status();
}

Result<Segment> SegmentSupply::widen(const Segment& segment, std::uint64_t capacity) {
  std::unique_lock lock(mutex_);
  made_.wait(lock, [this] { return state_ != State::making; });
  state_ = State::making;
  lock.unlock();
  SegmentHeader header = segment.header;
  header.capacity = capacity;
  Result<Segment> wider = make_file(header, {});
  const bool full = wider.status().code() == Code::storage_full;
  if (wider.is_ok()) {
    // Which of the two files has the name is not known if this fails.
    if (Status named = give_name(*wider); !named.is_ok()) wider = Status(Code::internal, named.message());
  }
  lock.lock();
  state_ = State::idle;
  if (!wider.is_ok() && !full) failure_ = wider.status();
  made_.notify_all();
  return wider;
}

// The header is durable before the name: a file of this name with a bad header is damage, not a crash.
Result<Segment> SegmentSupply::make_file(const SegmentHeader& header, const Path& spare) {
  Segment segment{.header = header, .path = directory_.segment(header.id.sequence)};
  Result<std::unique_ptr<File>> file = open_blank(unfinished(), spare, header.capacity);
  if (!file.is_ok()) return file.status();
  segment.file = std::move(*file);
  if (Status written = segment.file->write(0, encode_segment_header(header)); !written.is_ok()) return written;
  Status ended = segment.file->write(header.begin(), Bytes(kFrameHeader, '\0'));
  if (!ended.is_ok()) return ended;
  if (Status synced = segment.file->sync(); !synced.is_ok()) return synced;
  return segment;
}

Status SegmentSupply::give_name(const Segment& segment) {
  if (Status named = directory_.files().rename(unfinished(), segment.path); !named.is_ok()) return named;
  return directory_.sync();
}

Result<std::unique_ptr<File>> SegmentSupply::open_blank(const Path& path, const Path& spare, std::uint64_t bytes) {
  Files& files = directory_.files();
  if (!spare.empty()) {
    if (Status moved = files.rename(spare, path); !moved.is_ok()) return moved;
    Result<std::unique_ptr<File>> file = files.open(path, OpenMode::write);
    if (!file.is_ok()) return file.status();
    Result<std::uint64_t> size = (*file)->size();
    if (!size.is_ok()) return size.status();
    if (*size == bytes) return file;
  }
  Result<std::unique_ptr<File>> file = files.open(path, OpenMode::create);
  if (!file.is_ok()) return file.status();
  if (Status grown = (*file)->resize(bytes); !grown.is_ok()) {
    file->reset();
    if (Status removed = files.remove(path); !removed.is_ok()) host_.log(LogLevel::warning, removed.text());
    return grown;
  }
  return file;
}

}  // namespace stator::memtable
