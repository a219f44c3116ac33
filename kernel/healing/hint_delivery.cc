#include "kernel/healing/hint_delivery.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "kernel/causality/record_codec.h"
#include "kernel/coordinator/peer_messages.h"
#include "kernel/replica/keys_ahead.h"
#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

constexpr std::chrono::seconds kPatience{2};
constexpr std::chrono::seconds kRefusedFor{30};
constexpr std::size_t kMostRehoming = 4;
constexpr std::chrono::milliseconds kShortestWait{10};

Status outcome_of(const Result<Frame>& reply) {
  if (!reply.is_ok()) return reply.status();
  Result<PeerReplyMessage> message = decode_peer_reply(**reply);
  if (!message.is_ok()) return message.status();
  return message->failure ? message->failure->status : Status::ok();
}

// The node itself is unwell, or the way to it; what another hint would meet too.
bool concerns_all(Code code) {
  return code == Code::unavailable || code == Code::deadline_exceeded || code == Code::resource_exhausted;
}

KeyAddress address_of(const Keyspace& keyspace, const HintQueue::Due& due, std::string_view target) {
  return {*keyspace.store, due.id.partition, keyspace.id, due.id.key, target};
}

// What is to be brought: the copy that is kept for the target, or the one that this node holds as a primary.
KeyAddress cargo_address(const Keyspace& keyspace, const HintQueue::Due& due, std::string_view target) {
  return address_of(keyspace, due, due.facts.by_reference ? std::string_view() : target);
}

Bytes newest_alone(const Bytes& encoded) {
  Record record = *decode_record(encoded);
  auto newest = std::max_element(record.versions.begin(), record.versions.end(),
                                 [](const Version& a, const Version& b) { return a.stamp < b.stamp; });
  if (newest != record.versions.end()) record.versions = {Version(*newest)};
  return encode_record(record);
}

}  // namespace

HintDelivery::HintDelivery(Parts parts, Options options)
    : parts_(std::move(parts)), options_(std::move(options)), random_(options_.seed) {
  parts_.hints.set_listener([this](const std::string& target) { pump(target); });
}

void HintDelivery::start() {
  running_ = true;
  for (auto& [target, hints] : parts_.hints.targets()) pump(target);
}

void HintDelivery::stop() {
  running_ = false;
  for (auto& [target, course] : courses_) parts_.executor.cancel(std::exchange(course.timer, 0));
}

HintDelivery::Course& HintDelivery::course(const std::string& target) {
  auto found = courses_.find(target);
  if (found != courses_.end()) return found->second;
  const TimePoint start =
      parts_.executor.now() + std::chrono::duration_cast<Duration>(options_.start_within * spread());
  return courses_.emplace(target, Course{HintPace(options_.pace, start)}).first->second;
}

void HintDelivery::pump(const std::string& target) {
  if (!running_ || std::exchange(pumping_, true)) return;
  sweep(target);
  Course& mine = course(target);
  const TimePoint now = parts_.executor.now();
  while (mine.pace.may_send(now)) {
    const std::optional<HintQueue::Due> due = parts_.hints.target(target).queue.next(now);
    if (!due) break;
    send(target, *due);
  }
  arm(target, mine);
  pumping_ = false;
  tell_waiters();
}

// While anything waits there is a timer, or the end of a read or a write or an answer to come.
void HintDelivery::arm(const std::string& target, Course& course) {
  const HintQueue& queue = parts_.hints.target(target).queue;
  if (course.pace.full() || queue.size() == 0) return;
  const TimePoint now = parts_.executor.now();
  TimePoint at = course.pace.next(now);
  if (at <= now) {
    // None was due. What is on its way to disk is told of; what was refused waits for its time.
    const std::optional<TimePoint> rested = queue.next_at();
    if (!rested) return;
    at = *rested;
  }
  at = std::max<TimePoint>(at, now + kShortestWait);
  if (course.timer != 0 && course.wakes_at <= at) return;
  parts_.executor.cancel(course.timer);
  course.wakes_at = at;
  course.timer = parts_.executor.after(at - now, [this, target] {
    this->course(target).timer = 0;
    pump(target);
  });
}

void HintDelivery::read_ahead(const std::string& target, const HintQueue::Due& due, Task then) {
  const KeyAddress from = cargo_address(*parts_.keyspace(due.id.keyspace), due, target);
  read_copies_ahead(from.store, parts_.executor, {storage_key_of(from)},
                    [this, target, then = std::move(then)]() mutable {
                      then();
                      pump(target);
                    });
}

// A hint is current for as long as it is here: nothing of its partition is collected meanwhile.
Result<HintDelivery::Cargo> HintDelivery::cargo_of(const std::string& target, const HintQueue::Due& due) const {
  const Stamp born = parts_.stamps.birth();
  const KeyAddress from = cargo_address(*parts_.keyspace(due.id.keyspace), due, target);
  Result<Replica::Held> held = parts_.replica.held(from, false);
  if (!held.is_ok()) return held.status();
  return Cargo{std::move(held->record), born};
}

void HintDelivery::deliver(const std::string& to, const HintQueue::Due& due, Cargo cargo,
                           UniqueFunction<void(const Status&)> done) {
  if (STATOR_SEEDED_BUG(hint_delivered_as_newest_alone)) cargo.record = newest_alone(cargo.record);
  const TimePoint now = parts_.executor.now();
  const TimePoint deadline = now + kPatience;
  Frame frame =
      encode_replicate(due.id.keyspace, due.id.key, cargo.record, false, {deadline, {}, cargo.born, true}, now);
  parts_.links.call(to, {"hint", std::move(frame), deadline},
                    [done = std::move(done)](const Result<Frame>& reply) mutable { done(outcome_of(reply)); });
}

void HintDelivery::send(const std::string& target, const HintQueue::Due& due) {
  course(target).pace.begin();
  read_ahead(target, due, [this, target, due] { send_read(target, due); });
}

void HintDelivery::send_read(const std::string& target, const HintQueue::Due& due) {
  HintStore::Target& hints = parts_.hints.target(target);
  const TimePoint now = parts_.executor.now();
  Result<Cargo> cargo = cargo_of(target, due);
  if (!cargo.is_ok() || cargo->record.empty()) {
    course(target).pace.left_out();
    return leave(target, due, cargo.status(), now + kRefusedFor);
  }
  course(target).pace.sent(cargo->record.size(), now);
  hints.tally->sent_bytes += cargo->record.size();
  deliver(target, due, std::move(*cargo),
          [this, target, due](const Status& outcome) { answered(target, due, outcome); });
}

// Where nothing is left to bring the hint is dropped, unless it has changed since it was due.
void HintDelivery::leave(const std::string& target, const HintQueue::Due& due, const Status& why, TimePoint again) {
  if (!why.is_ok()) return parts_.hints.target(target).queue.failed(due.id, again);
  parts_.hints.delivered(address_of(*parts_.keyspace(due.id.keyspace), due, target), due.id, due);
}

void HintDelivery::answered(const std::string& target, const HintQueue::Due& due, const Status& outcome) {
  HintStore::Target& hints = parts_.hints.target(target);
  const Keyspace* keyspace = parts_.keyspace(due.id.keyspace);
  const KeyAddress at = address_of(*keyspace, due, target);
  const TimePoint now = parts_.executor.now();
  if (outcome.is_ok()) {
    course(target).pace.acknowledged();
    ++hints.tally->delivered;
    parts_.hints.delivered(at, due.id, due);
  } else {
    course(target).pace.failed(now, spread());
    hints.queue.failed(due.id, concerns_all(outcome.code()) ? now : now + kRefusedFor);
    if (STATOR_SEEDED_BUG(hint_dropped_on_failure)) parts_.hints.drop(at, due);
  }
  pump(target);
}

// What is older than its keyspace's window is not for this target any more.
void HintDelivery::sweep(const std::string& target) {
  HintStore::Target& hints = parts_.hints.target(target);
  const TimePoint now = parts_.executor.now();
  const std::uint64_t wall = parts_.executor.wall_millis();
  std::uint64_t shortest = UINT64_MAX;
  for (const auto& [name, bytes] : hints.queue.bytes_by_keyspace())
    shortest = std::min(shortest, static_cast<std::uint64_t>(parts_.keyspace(name)->rules.hint_window.count()));
  while (wall > shortest && course(target).rehoming < kMostRehoming) {
    const std::optional<HintQueue::Due> due = hints.queue.next_older_than(wall - shortest, now);
    if (!due) return;
    const Keyspace* keyspace = parts_.keyspace(due->id.keyspace);
    const auto window = static_cast<std::uint64_t>(keyspace->rules.hint_window.count());
    if (due->facts.since_ms + window >= wall) {
      hints.queue.failed(due->id, now);  // of a keyspace with a longer window
      return;
    }
    if (!due->facts.by_reference) {
      rehome(target, *due);
      continue;
    }
    ++hints.tally->dropped;
    parts_.hints.drop(address_of(*keyspace, *due, target), *due);
  }
}

void HintDelivery::rehome(const std::string& target, const HintQueue::Due& due) {
  ++course(target).rehoming;
  read_ahead(target, due, [this, target, due] { rehome_read(target, due); });
}

void HintDelivery::rehome_read(const std::string& target, const HintQueue::Due& due) {
  const Keyspace* keyspace = parts_.keyspace(due.id.keyspace);
  const std::shared_ptr<const Placement> placement = keyspace->current_placement();
  std::vector<std::string> primaries = placement->holders(due.id.partition);
  // Of a key with one primary nobody else can have it: it stays for the target, however old it is.
  if (primaries.size() > 1) std::erase(primaries, target);
  // Another first each time: one that is down may seem up.
  std::shuffle(primaries.begin(), primaries.end(), random_);
  auto to = std::find_if(primaries.begin(), primaries.end(), [this](const std::string& node) {
    return node == options_.node || parts_.links.likely_up(node);
  });
  Result<Cargo> cargo = to == primaries.end() ? Status(Code::unavailable, "no other primary") : cargo_of(target, due);
  if (!cargo.is_ok() || cargo->record.empty()) {
    --course(target).rehoming;
    return leave(target, due, cargo.status(), parts_.executor.now() + kPatience);
  }
  auto done = [this, target, due](const Status& outcome) { rehomed(target, due, outcome); };
  if (*to != options_.node) return deliver(*to, due, std::move(*cargo), std::move(done));
  parts_.replica.merge(address_of(*keyspace, due, {}), {std::move(*decode_record(cargo->record)), cargo->born},
                       [done = std::move(done)](const Result<std::uint64_t>& digest) { done(digest.status()); });
}

void HintDelivery::rehomed(const std::string& target, const HintQueue::Due& due, const Status& outcome) {
  --course(target).rehoming;
  HintStore::Target& hints = parts_.hints.target(target);
  if (outcome.is_ok()) {
    ++hints.tally->rehomed;
    parts_.hints.delivered(address_of(*parts_.keyspace(due.id.keyspace), due, target), due.id, due);
  } else {
    hints.queue.failed(due.id, parts_.executor.now() + kPatience);
  }
  pump(target);
}

void HintDelivery::wait(TimePoint deadline, UniqueFunction<void(std::size_t)> done) {
  Waiter waiter;
  for (const auto& [target, hints] : parts_.hints.targets()) waiter.up_to[target] = hints.queue.last_generation();
  waiter.done = std::move(done);
  const auto mine = waiters_.insert(waiters_.end(), std::move(waiter));
  mine->timer = parts_.executor.after(std::max<Duration>(deadline - parts_.executor.now(), Duration(0)), [this, mine] {
    auto told = std::move(mine->done);
    const std::size_t rest = left(*mine);
    waiters_.erase(mine);
    told(rest);
  });
  tell_waiters();
}

std::size_t HintDelivery::left(const Waiter& waiter) const {
  std::size_t sum = 0;
  for (const auto& [target, generation] : waiter.up_to)
    sum += parts_.hints.target(target).queue.queued_up_to(generation);
  return sum;
}

void HintDelivery::tell_waiters() {
  for (auto at = waiters_.begin(); at != waiters_.end();) {
    const bool all_gone = std::all_of(at->up_to.begin(), at->up_to.end(), [this](const auto& entry) {
      return !parts_.hints.target(entry.first).queue.any_queued_up_to(entry.second);
    });
    if (!all_gone) {
      ++at;
      continue;
    }
    parts_.executor.cancel(at->timer);
    parts_.executor.post([done = std::move(at->done)]() mutable { done(0); });
    at = waiters_.erase(at);
  }
}

}  // namespace stator
