#include "kernel/node/clock_keeper.h"

#include <algorithm>
#include <utility>

#include "kernel/node/store_meta.h"
#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

ClockKeeper::Options bounded(ClockKeeper::Options options) {
  // Not in the limit's own millisecond: the last life may have used every epoch of that.
  options.start.bits |= 0xffff;
  options.lead = std::min(options.lead, options.max_skew / 3);
  return options;
}

}  // namespace

ClockKeeper::ClockKeeper(Executor& executor, std::vector<Store*> stores, Options options)
    : executor_(executor),
      stores_(std::move(stores)),
      options_(bounded(options)),
      clock_(options.start, options.max_skew) {}

// A clock that is ahead of the wall needs less: it only counts until the wall has caught up, unless others push it.
// With the whole lead, each of many restarts would carry it further from the wall, until the others refuse its stamps.
Stamp ClockKeeper::wanted_limit(std::chrono::milliseconds ahead) const {
  const auto millis = [](std::chrono::milliseconds span) { return static_cast<std::uint64_t>(span.count()); };
  const std::uint64_t of_wall = executor_.wall_millis() + millis(options_.lead);
  return Stamp::from_millis(std::max(of_wall, clock_.last().millis() + millis(ahead)));
}

Status ClockKeeper::start() {
  // What peers note of a clock that a message showed is less than that by the skew that is allowed.
  const std::uint64_t shown = now().millis();
  const Stamp begun =
      Stamp::from_millis(shown - std::min(shown, static_cast<std::uint64_t>(options_.max_skew.count())));
  const Stamp limit = wanted_limit(options_.lead / 60);
  for (Store* store : stores_) {
    FoundLimit found = store->found_limit();
    const bool noted = store->unvouched() || found.begun != Stamp{};
    if (!noted) found.begun = begun;
    store->set_found_limit(found);
    Status written =
        noted ? write_clock_limit(store->storage(), limit) : write_clock_limit(store->storage(), limit, found);
    if (!written.is_ok()) return written;
  }
  clock_.raise_limit(limit);
  return Status::ok();
}

void ClockKeeper::run() {
  running_ = true;
  timer_ = executor_.after(options_.lead / 2, [this] {
    timer_ = 0;
    if (!running_) return;
    renew();
    run();
  });
}

void ClockKeeper::stop() {
  running_ = false;
  executor_.cancel(std::exchange(timer_, 0));
}

// A store that fails is asked again the next time; until then the limit of any other will do, since a start takes the
// highest.
void ClockKeeper::renew() {
  requested_.store(false);
  if (outstanding_ > 0 || !running_) return;
  // Never below the limit in force: where the wall has jumped back, others may yet push the clock up to that one.
  renewing_ = std::max(wanted_limit(options_.lead / 2), clock_.limit());
  if (STATOR_SEEDED_BUG(clock_limit_lowered)) renewing_ = wanted_limit(options_.lead / 2);
  outstanding_ = stores_.size();
  for (Store* store : stores_) {
    store->committer().commit(executor_,
                              {clock_limit_key(), encode_stamp(renewing_), [this, store](const Status& outcome) {
                                 store->note(outcome);
                                 --outstanding_;
                                 if (outcome.is_ok()) clock_.raise_limit(renewing_);
                               }});
  }
}

void ClockKeeper::request_renewal() {
  if (!requested_.exchange(true)) executor_.post([this] { renew(); });
}

std::optional<Stamp> ClockKeeper::next() {
  std::optional<Stamp> stamp = clock_.tick(executor_.wall_millis());
  if (!stamp) request_renewal();
  return stamp;
}

// While the disk takes no new limit this is older than the truth, which errs to the safe side.
Stamp ClockKeeper::birth() {
  const std::uint64_t most = clock_.limit().millis() + static_cast<std::uint64_t>(options_.max_skew.count());
  return std::min(now(), Stamp::from_millis(most));
}

bool ClockKeeper::observe(Stamp stamp) {
  if (!clock_.observe(stamp, executor_.wall_millis())) return false;
  // A clock ahead of ours has moved this one towards its limit: have a new one before it is needed.
  if (stamp.millis() + static_cast<std::uint64_t>(options_.lead.count()) / 3 > clock_.limit().millis())
    request_renewal();
  return true;
}

}  // namespace stator
