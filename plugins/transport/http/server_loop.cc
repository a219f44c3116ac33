#include "server_loop.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace stator::http {
namespace {

using namespace std::chrono_literals;

/// Often enough for the shortest timeout to be kept within a quarter, and for the Date field to be right.
Duration sweep_period(const Limits& limits) {
  const Duration shortest = std::min({limits.idle_timeout, limits.header_timeout, limits.body_timeout});
  return std::clamp<Duration>(shortest / 4, 10ms, 1s);
}

}  // namespace

void Departures::leave() {
  const std::lock_guard lock(mutex_);
  --left_;
  changed_.notify_all();
}

bool Departures::wait(Duration longest) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, longest, [this] { return left_ == 0; });
}

ServerLoop::ServerLoop(Host& host, Clients& clients, boost::asio::io_context& context, const Limits& limits)
    : host_(host), clients_(clients), context_(context), limits_(limits), sweep_period_(sweep_period(limits)) {}

Surroundings ServerLoop::surroundings() { return {host_, clients_, limits_, date_, scratch_}; }

void ServerLoop::look_at_clock() {
  now_ = host_.now();
  date_ = http_date(host_.stamp().millis());
}

void ServerLoop::add(boost::asio::ip::tcp::socket socket, Welcome welcome) {
  if (draining()) {
    --count(welcome);
    return;
  }
  if (timer_ == 0) {
    look_at_clock();
    timer_ = host_.after(sweep_period_, [self = shared_from_this()] { self->sweep(); });
  }
  const bool refused = welcome == Welcome::refused;
  auto connection = std::make_shared<Connection>(shared_from_this(), std::move(socket), refused);
  connections_.insert(connection);
  connection->start();
}

void ServerLoop::remove(const std::shared_ptr<Connection>& connection) {
  if (connections_.erase(connection) == 0) return;
  --count(connection->refused() ? Welcome::refused : Welcome::served);
  depart_if_empty();
}

void ServerLoop::schedule(std::shared_ptr<Connection> connection) {
  scheduled_.push_back(std::move(connection));
  if (scheduled_.size() == 1) host_.post([self = shared_from_this()] { self->run_scheduled(); });
}

void ServerLoop::run_scheduled() {
  running_.swap(scheduled_);
  for (const auto& connection : running_) connection->turn();
  running_.clear();
}

void ServerLoop::sweep() {
  timer_ = 0;
  if (connections_.empty()) return;
  look_at_clock();
  const std::vector<std::shared_ptr<Connection>> all(connections_.begin(), connections_.end());
  for (const auto& connection : all) connection->check_time();
  if (connections_.empty() || timer_ != 0) return;
  timer_ = host_.after(sweep_period_, [self = shared_from_this()] { self->sweep(); });
}

void ServerLoop::drain(std::shared_ptr<Departures> departures) {
  departures_ = std::move(departures);
  const std::vector<std::shared_ptr<Connection>> all(connections_.begin(), connections_.end());
  for (const auto& connection : all) connection->drain();
  if (all.empty()) depart_if_empty();
}

void ServerLoop::give_up() {
  const std::vector<std::shared_ptr<Connection>> all(connections_.begin(), connections_.end());
  for (const auto& connection : all) connection->give_up();
}

void ServerLoop::depart_if_empty() {
  if (!draining() || !connections_.empty()) return;
  host_.cancel(std::exchange(timer_, 0));
  departures_->leave();
}

}  // namespace stator::http
