#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "connection.h"
#include "conversation.h"
#include "server_limits.h"

namespace stator::http {

/// Counts down to the moment when everybody has left. [concurrent]
class Departures {
 public:
  explicit Departures(int expected) : left_(expected) {}
  void leave();
  /// False if somebody is still there after `longest`. [blocking]
  bool wait(Duration longest);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int left_;
};

/// One event loop's share of the server: its connections, the clock they go by, and what they have to send at the end
/// of the loop's turn. All of it happens on that loop, except reserve() and size(). Owned by shared_ptr: by the
/// transport, by its connections, and by what is posted to the loop, whichever lives longest.
class ServerLoop : public std::enable_shared_from_this<ServerLoop> {
 public:
  ServerLoop(Host& host, Clients& clients, boost::asio::io_context& context, const Limits& limits);

  boost::asio::io_context& context() { return context_; }
  const Limits& limits() const { return limits_; }
  /// Coarse: as of the last sweep.
  TimePoint now() const { return now_; }
  bool draining() const { return departures_ != nullptr; }

  enum class Welcome { served, refused };
  /// Announces a connection that add() will bring. [any-thread]
  void reserve(Welcome welcome) { ++count(welcome); }
  /// Connections of that kind, announced ones among them. [any-thread]
  std::int64_t size(Welcome welcome) { return count(welcome); }
  /// Takes over a connection; one that is refused is only told so.
  void add(boost::asio::ip::tcp::socket socket, Welcome welcome);
  void remove(const std::shared_ptr<Connection>& connection);
  /// turn() of this connection will run at the end of the loop's turn, when what is ready now has run.
  void schedule(std::shared_ptr<Connection> connection);

  /// Answers what is under way and closes; says so to `departures` when all connections are gone.
  void drain(std::shared_ptr<Departures> departures);
  /// Answers what is still under way with 503 and closes.
  void give_up();

  Surroundings surroundings();

 private:
  std::atomic<std::int64_t>& count(Welcome welcome) { return welcome == Welcome::served ? served_ : refused_; }
  void run_scheduled();
  void sweep();
  void look_at_clock();
  void depart_if_empty();

  Host& host_;
  Clients& clients_;
  boost::asio::io_context& context_;
  const Limits limits_;
  const Duration sweep_period_;
  std::unordered_set<std::shared_ptr<Connection>> connections_;
  std::vector<std::shared_ptr<Connection>> scheduled_;
  std::vector<std::shared_ptr<Connection>> running_;  ///< what run_scheduled goes through; a member for its memory
  std::shared_ptr<Departures> departures_;
  std::atomic<std::int64_t> served_ = 0;
  std::atomic<std::int64_t> refused_ = 0;
  TimePoint now_;
  TimerId timer_ = 0;
  std::string date_;
  Bytes scratch_;
};

}  // namespace stator::http
