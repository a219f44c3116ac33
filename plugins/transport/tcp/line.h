#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backoff.h"
#include "call_table.h"
#include "stator/transport.h"

namespace stator::tcp {

class DialedLink;
class Lane;

/// What one loop has to do with one address: the calls that wait for an answer, and the connection when there is one.
/// It dials when a call needs it, leaves an unreachable peer alone for a while, and never sends anything twice.
/// [serial, on its lane's loop]
class Line {
 public:
  Line(Lane& lane, std::string address);
  ~Line();

  void call(Frame request, TimePoint deadline, Transport::Done done);
  /// Ends calls whose deadline has passed, and a connection that says nothing although calls wait.
  void tick(TimePoint now);
  /// When tick has something to do next, at the earliest; TimePoint::max() for never.
  TimePoint next_tick() const;
  void stop(const Status& why);

  /// For the connection. Both sides have met: frames may pass.
  void opened(const std::string& node);
  void answered(std::uint64_t id, BytesView reply);
  void heard() { heard_since_tick_ = true; }
  /// It is closed. `reached`: it had been opened.
  void lost(const Status& why, bool reached);

  const std::string& address() const { return address_; }

 private:
  struct Waiting {
    std::uint64_t id;
    Frame request;
  };

  Status refusal(std::size_t size);
  bool is_left_alone() const;
  void begin_to_wait(TimePoint now);
  void probe(TimePoint now);
  Duration probe_interval() const;

  Lane& lane_;
  const std::string address_;
  CallTable calls_;
  std::shared_ptr<DialedLink> link_;  ///< null: not connected, and nobody tries
  bool is_open_ = false;
  std::vector<Waiting> waiting_;  ///< until it is open
  std::size_t waiting_bytes_ = 0;
  Backoff backoff_;
  std::uint64_t opened_at_dial_ = 0;  ///< links to this address that any loop had opened when it was last dialed
  Status last_failure_;
  /// When the silence began: with the first call after a word of the peer. What passes while nothing waits is no part
  /// of it, and moves it on.
  TimePoint heard_{};
  TimePoint idle_since_{};        ///< while no call waits
  bool heard_since_tick_ = true;  ///< instead of reading a clock for each frame
  TimePoint next_probe_{};
};

}  // namespace stator::tcp
