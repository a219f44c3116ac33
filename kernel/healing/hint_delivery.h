#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <random>
#include <string>

#include "kernel/healing/hint_pace.h"
#include "kernel/healing/hint_store.h"
#include "kernel/seams/peer_links.h"
#include "kernel/seams/stamps.h"

namespace stator {

/// Brings one loop's hints to the nodes they are for: each target at its own pace, from a start that is random, so that
/// not everybody falls on a node that has just come back. A hint goes as an ordinary replication, and leaves only when
/// the target has acknowledged it, durably, in the generation that was sent. After the keyspace's hint window a
/// reference is dropped, and a copy, on which an acknowledged write may rest, is brought to any other primary, or, of a
/// key that has no other, to the target as before. [its loop]
class HintDelivery {
 public:
  struct Parts {
    Executor& executor;
    PeerLinks& links;
    Replica& replica;
    HintStore& hints;
    Stamps& stamps;
    std::function<Keyspace*(std::string_view)> keyspace;  ///< null: none of that name
  };
  struct Options {
    std::string node;  ///< this node's id
    HintPace::Options pace;
    std::uint64_t seed = 0;
    Duration start_within = std::chrono::seconds(1);  ///< of a target's first hint
  };

  HintDelivery(Parts parts, Options options);
  HintDelivery(const HintDelivery&) = delete;
  HintDelivery& operator=(const HintDelivery&) = delete;

  /// Begins with what was found in storage; without it nothing is sent.
  void start();
  void stop();
  /// `done` gets 0 when everything that is queued now has left the queue, or at the deadline how much has not.
  void wait(TimePoint deadline, UniqueFunction<void(std::size_t left)> done);

 private:
  struct Course {
    HintPace pace;
    TimerId timer = 0;
    TimePoint wakes_at{};  // by the timer
    std::size_t rehoming = 0;
  };
  struct Waiter {
    std::map<std::string, std::uint64_t> up_to;  // generation, by target
    UniqueFunction<void(std::size_t)> done;
    TimerId timer = 0;
  };

  Course& course(const std::string& target);
  void pump(const std::string& target);
  void sweep(const std::string& target);
  void arm(const std::string& target, Course& course);
  void send(const std::string& target, const HintQueue::Due& due);
  void send_read(const std::string& target, const HintQueue::Due& due);
  void answered(const std::string& target, const HintQueue::Due& due, const Status& outcome);
  void rehome(const std::string& target, const HintQueue::Due& due);
  void rehome_read(const std::string& target, const HintQueue::Due& due);
  void rehomed(const std::string& target, const HintQueue::Due& due, const Status& outcome);
  /// What is to be delivered, and when it was read.
  struct Cargo {
    Bytes record;
    Stamp born;
  };
  /// Runs `then` when the cargo can be read without waiting for a disk, and looks for more to send after it.
  void read_ahead(const std::string& target, const HintQueue::Due& due, Task then);
  Result<Cargo> cargo_of(const std::string& target, const HintQueue::Due& due) const;
  void leave(const std::string& target, const HintQueue::Due& due, const Status& why, TimePoint again);
  void deliver(const std::string& to, const HintQueue::Due& due, Cargo cargo, UniqueFunction<void(const Status&)> done);
  std::size_t left(const Waiter& waiter) const;
  void tell_waiters();
  double spread() { return static_cast<double>(random_() % 1024) / 1024; }

  Parts parts_;
  const Options options_;
  std::mt19937_64 random_;
  bool running_ = false;
  bool pumping_ = false;
  std::map<std::string, Course> courses_;
  std::list<Waiter> waiters_;
};

}  // namespace stator
