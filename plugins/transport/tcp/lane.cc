#include "lane.h"

#include <algorithm>
#include <utility>

#include "accepted_link.h"
#include "line.h"

namespace stator::tcp {
namespace {

/// Deadlines are looked at no more often than this.
constexpr Duration kLeastWait = std::chrono::milliseconds(2);
/// A deadline may lie beyond what a clock can be added to.
constexpr Duration kLongestWait = std::chrono::minutes(1);

}  // namespace

Lane::Lane(const Surroundings& around, int loop, std::shared_ptr<void> alive)
    : around_(around), loop_(loop), alive_(std::move(alive)) {}

Lane::~Lane() = default;

void Lane::call(const std::string& address, Frame request, TimePoint deadline, Transport::Done done) {
  if (stopped_) return fail_soon(std::move(done), Status(Code::unavailable, "the transport has stopped"));
  auto line = lines_.find(address);
  if (line == lines_.end()) line = lines_.emplace(address, std::make_unique<Line>(*this, address)).first;
  line->second->call(std::move(request), deadline, std::move(done));
}

void Lane::adopt(Socket socket) {
  post([self = shared_from_this(), socket = std::move(socket)]() mutable {
    if (self->stopped_) return;
    auto link = std::make_shared<AcceptedLink>(self, std::move(socket));
    self->accepted_.insert(link);
    link->start();
  });
}

void Lane::stop() {
  stopped_ = true;
  const Status why(Code::unavailable, "the transport has stopped");
  host().cancel(std::exchange(timer_, 0));
  for (auto& [address, line] : lines_) line->stop(why);
  for (const auto& link : std::exchange(accepted_, {})) link->close(why);
}

void Lane::flush_soon(Link& link) {
  if (std::exchange(link.flush_is_due_, true)) return;
  to_flush_.push_back(link.shared_from_this());
  if (to_flush_.size() > 1) return;
  // Behind all that was posted by now, and behind what that posts: the later, the more frames share a write.
  post([self = shared_from_this()]() mutable {
    Lane& lane = *self;
    lane.post([self = std::move(self)] { self->flush_all(); });
  });
}

void Lane::flush_all() {
  flushing_.swap(to_flush_);
  for (const std::shared_ptr<Link>& link : flushing_) {
    link->flush_is_due_ = false;
    link->flush();
  }
  flushing_.clear();
}

void Lane::wake_at(TimePoint when) {
  if (stopped_ || when >= wakes_at_) return;
  const TimePoint now = host().now();
  host().cancel(timer_);
  wakes_at_ = std::clamp(when, now + kLeastWait, now + kLongestWait);
  timer_ = host().after(wakes_at_ - now, [self = shared_from_this()] { self->tick(); });
}

void Lane::tick() {
  timer_ = 0;
  wakes_at_ = TimePoint::max();
  const TimePoint now = host().now();
  for (auto& [address, line] : lines_) line->tick(now);
  TimePoint next = TimePoint::max();
  for (auto& [address, line] : lines_) next = std::min(next, line->next_tick());
  if (next != TimePoint::max()) wake_at(next);
}

void Lane::fail_soon(Transport::Done done, Status why) {
  post([self = shared_from_this(), done = std::move(done), why = std::move(why)]() mutable { done(std::move(why)); });
}

void Lane::forget(const std::shared_ptr<AcceptedLink>& link) { accepted_.erase(link); }

Preamble Lane::preamble() const {
  return {static_cast<std::uint16_t>(loop_), static_cast<std::uint16_t>(around_.loops.count())};
}

}  // namespace stator::tcp
