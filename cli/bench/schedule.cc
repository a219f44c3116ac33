#include "cli/bench/schedule.h"

#include <algorithm>
#include <cmath>

namespace stator::cli {

Schedule::Schedule(const Plan& plan, const KeyChooser& keys)
    : plan_(plan), keys_(keys), coin_(plan.seed), last_success_(plan.start), last_finish_(plan.measured_from) {}

// From the count, not from the one before: rounding must not add up to another rate.
Instant Schedule::due() const {
  const double offset = plan_.rate > 0 ? static_cast<double>(taken_) / plan_.rate * 1e9 : 0;
  return plan_.start + std::chrono::nanoseconds(std::llround(offset));
}

bool Schedule::over(Instant now) const {
  return taken_ >= plan_.limit || now >= plan_.end || (plan_.rate > 0 && due() >= plan_.end) ||
         now - last_success_ > plan_.patience;
}

std::optional<Instant> Schedule::next_due(Instant now) const {
  if (over(now)) {
    return std::nullopt;
  }
  return due();
}

std::optional<Schedule::Ticket> Schedule::take(Instant now) {
  if (over(now) || due() > now) {
    return std::nullopt;
  }
  Ticket ticket;
  ticket.intended = plan_.rate > 0 ? due() : now;
  ticket.key = keys_.next();
  ticket.read = plan_.read_share > 0 && coin_.unit() < plan_.read_share;
  ++taken_;
  return ticket;
}

void Schedule::finish(const Ticket& ticket, Instant now, const OperationResult& result) {
  const bool failed = result.kind == OperationResult::Kind::failed;
  if (!failed) {
    last_success_ = std::max(last_success_, now);
  }
  if (ticket.intended < plan_.measured_from) {
    return;
  }
  last_finish_ = std::max(last_finish_, now);
  if (failed) {
    ++tally_.failed;
    note_failure(result.error);
    return;
  }
  tally_.missing += result.kind == OperationResult::Kind::missing ? 1 : 0;
  (ticket.read ? tally_.reads : tally_.writes).record(static_cast<std::uint64_t>((now - ticket.intended).count()));
}

void Schedule::note_failure(std::string_view error) {
  const auto found = tally_.errors.find(error);
  if (found != tally_.errors.end()) {
    ++found->second;
  } else {
    tally_.errors.emplace(error, 1);
  }
}

Tally Schedule::tally() const {
  Tally result = tally_;
  if (plan_.rate > 0 && plan_.end != Instant::max()) {
    const double seconds = std::chrono::duration<double>(plan_.end - plan_.start).count();
    const auto meant = std::min(plan_.limit, static_cast<std::uint64_t>(std::ceil(seconds * plan_.rate)));
    result.unsent = meant > taken_ ? meant - taken_ : 0;
  }
  return result;
}

}  // namespace stator::cli
