#include "line.h"

#include <algorithm>
#include <utility>

#include "dialed_link.h"
#include "lane.h"

namespace stator::tcp {
namespace {

/// So many probes are sent into a silence before it counts as the end.
constexpr int kProbes = 5;

}  // namespace

Line::Line(Lane& lane, std::string address) : lane_(lane), address_(std::move(address)) {}

Line::~Line() = default;

void Line::call(Frame request, TimePoint deadline, Transport::Done done) {
  const std::size_t size = request == nullptr ? 0 : request->size();
  Status refused = refusal(size);
  if (!refused.is_ok()) return lane_.fail_soon(std::move(done), std::move(refused));
  if (link_ == nullptr) {
    link_ = std::make_shared<DialedLink>(lane_.shared_from_this(), *this);
    opened_at_dial_ = lane_.opened_links().count(address_);
    link_->start();
  }
  if (calls_.size() == 0) begin_to_wait(lane_.host().now());
  const std::uint64_t id = calls_.add(deadline, std::move(done));
  if (is_open_) {
    link_->request(id, std::move(request));
  } else {
    waiting_.push_back(Waiting{id, std::move(request)});
    waiting_bytes_ += size;
  }
  lane_.wake_at(next_tick());
}

/// Calls that were given up one after the other do not make the peer's silence shorter.
void Line::begin_to_wait(TimePoint now) {
  if (!heard_since_tick_) {
    heard_ += now - idle_since_;
    next_probe_ += now - idle_since_;
    return;
  }
  heard_ = now;
  heard_since_tick_ = false;
  next_probe_ = now + probe_interval();
}

/// Why a call of that size cannot begin now; OK if it can.
Status Line::refusal(std::size_t size) {
  const Options& options = lane_.options();
  if (size > kMaxPayload) {
    return {Code::too_large,
            "a frame of " + std::to_string(size) + " bytes; " + std::to_string(kMaxPayload) + " are allowed"};
  }
  if (calls_.size() >= options.max_in_flight) {
    return {Code::resource_exhausted, std::to_string(calls_.size()) + " calls wait for " + address_};
  }
  const std::size_t queued = waiting_bytes_ + (link_ == nullptr ? 0 : link_->queued_bytes());
  if (queued > 0 && queued + size > options.max_queued_bytes) {
    return {Code::resource_exhausted, std::to_string(queued) + " bytes wait for " + address_};
  }
  if (link_ == nullptr && is_left_alone()) return last_failure_;
  return {};
}

/// It could not be reached a short while ago, and no other loop has reached it since that was tried.
bool Line::is_left_alone() const {
  return backoff_.failures() > 0 && backoff_.blocks(lane_.host().now()) &&
         lane_.opened_links().count(address_) == opened_at_dial_;
}

void Line::tick(TimePoint now) {
  const bool waited = calls_.size() > 0;
  if (calls_.earliest() <= now) {
    std::vector<Transport::Done> expired = calls_.take_expired(now);
    if (calls_.size() == 0) idle_since_ = now;
    for (Transport::Done& done : expired) {
      done(Status(Code::deadline_exceeded, "no answer from " + address_ + " within the deadline"));
    }
  }
  if (waited && is_open_ && now >= next_probe_) probe(now);
}

void Line::probe(TimePoint now) {
  if (std::exchange(heard_since_tick_, false)) heard_ = now;
  next_probe_ = now + probe_interval();
  if (now - heard_ >= lane_.options().peer_silence) {
    link_->close(Status(Code::unavailable, address_ + " has fallen silent"));
  } else if (now - heard_ >= probe_interval()) {
    link_->ping();
  }
}

TimePoint Line::next_tick() const {
  if (calls_.size() == 0) return TimePoint::max();
  return is_open_ ? std::min(calls_.earliest(), next_probe_) : calls_.earliest();
}

Duration Line::probe_interval() const { return lane_.options().peer_silence / kProbes; }

void Line::stop(const Status& why) {
  if (link_ != nullptr) link_->close(why);
}

void Line::opened(const std::string& node) {
  if (backoff_.failures() > 0) lane_.host().log(LogLevel::info, "tcp: " + node + " is reached at " + address_);
  backoff_.succeeded();
  lane_.opened_links().add(address_);
  is_open_ = true;
  heard_ = lane_.host().now();
  heard_since_tick_ = false;
  next_probe_ = heard_ + probe_interval();
  waiting_bytes_ = 0;
  for (Waiting& waiting : std::exchange(waiting_, {})) {
    if (calls_.has(waiting.id)) link_->request(waiting.id, std::move(waiting.request));
  }
  lane_.wake_at(next_tick());
}

void Line::answered(std::uint64_t id, BytesView reply) {
  heard_since_tick_ = true;
  if (Transport::Done done = calls_.take(id)) done(std::make_shared<const Bytes>(reply));
}

void Line::lost(const Status& why, bool reached) {
  is_open_ = false;
  link_.reset();
  waiting_.clear();
  waiting_bytes_ = 0;
  if (!reached) {
    if (backoff_.failures() == 0) lane_.host().log(LogLevel::warning, "tcp: " + why.message());
    backoff_.failed(lane_.host().now(), lane_.host().random());
    last_failure_ = why;
  }
  for (Transport::Done& done : calls_.take_all()) done(why);
}

}  // namespace stator::tcp
