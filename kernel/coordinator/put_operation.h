#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernel/coordinator/coordinator.h"
#include "kernel/quorum/write_quorum.h"

namespace stator {

/// One write on its way to N replicas, of which this node is one. Lives until the last replica has answered, which may
/// be after its client has: shared by the answers it waits for. [the coordinator's loop]
class PutOperation : public std::enable_shared_from_this<PutOperation> {
 public:
  struct Input {
    Keyspace& keyspace;
    PutRequest request;
    WriteIntent intent;
    std::size_t required = 1;
    std::vector<std::string> holders;  ///< node ids; this node is among them
    Partition partition = 0;
  };

  PutOperation(Coordinator& coordinator, Input input, Coordinator::PutDone done);
  void start();

 private:
  void replicate(const Replica::Prepared& prepared);
  void add_own(const Status& outcome);
  void add_answer(std::size_t holder, Result<Frame> reply);
  void add_failure(std::size_t holder, const Status& why);
  void decide();
  void give_up();
  void finish(Outcome<PutResult> outcome);
  Failure quorum_failure(const std::string& why) const;

  Coordinator& coordinator_;
  Input input_;
  Coordinator::PutDone done_;
  WriteQuorum quorum_;
  PutResult result_;
  Status own_failure_;
  std::string failures_;  // "node-b: …; node-c: …"
  TimerId timer_ = 0;
};

}  // namespace stator
