#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernel/coordinator/coordinator.h"
#include "kernel/quorum/read_quorum.h"

namespace stator {

/// One read: asks replicas what the quorum core tells it to, answers, and carries out the repairs it names. Shared by
/// the answers it waits for. [the coordinator's loop]
class GetOperation : public std::enable_shared_from_this<GetOperation> {
 public:
  struct Input {
    Keyspace& keyspace;
    GetRequest request;
    std::size_t required = 1;
    std::vector<std::string> holders;    ///< node ids, the one to ask for its record in front
    std::vector<std::size_t> standbys;   ///< places of those among them that only stand in for primaries
    std::vector<std::string> primaries;  ///< if there are standbys: those they stand in for
    Partition partition = 0;
  };

  GetOperation(Coordinator& coordinator, Input input, Coordinator::GetDone done);
  void start();

 private:
  Result<Replica::Held> held_here(const ReadAction& action) const;
  void advance();
  void ask(const ReadAction& action);
  void ask_self(const ReadAction& action);
  void add_held(std::size_t holder, const Result<Replica::Held>& held);
  void ask_peer(const ReadAction& action);
  void add_answer(std::size_t holder, Result<Frame> reply);
  void add_state(std::size_t holder, std::uint64_t digest, BytesView record);
  void add_failure(std::size_t holder, const Status& why);
  void arm_hedge();
  void arm_last_hedge(Duration wait);
  void repair(const Record& merged);
  void finish(Outcome<GetResult> outcome);
  void give_up();
  Failure quorum_failure(const std::string& why) const;

  Coordinator& coordinator_;
  Input input_;
  Coordinator::GetDone done_;
  ReadQuorum quorum_;
  std::string failures_;
  TimePoint deadline_;  // of the replicas' answers
  Stamp born_;          // the clock before anything was read
  bool started_ = false;
  TimerId timer_ = 0;
  TimerId hedge_timer_ = 0;
};

}  // namespace stator
