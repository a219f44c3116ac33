#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernel/coordinator/coordinator.h"
#include "kernel/coordinator/peer_messages.h"
#include "kernel/quorum/write_quorum.h"

namespace stator {

/// One write on its way to N replicas, of which this node is one, or stands in for one. Lives until the last replica
/// has answered, which may be after its client has: shared by the answers it waits for. [the coordinator's loop]
class PutOperation : public std::enable_shared_from_this<PutOperation> {
 public:
  struct Input {
    Keyspace& keyspace;
    PutRequest request;
    WriteIntent intent;
    std::size_t required = 1;
    std::vector<std::string> primaries;  ///< node ids
    std::vector<std::string> fallbacks;  ///< who may stand in for them, in order; this node is in one of the two
    Partition partition = 0;
  };

  PutOperation(Coordinator& coordinator, Input input, Coordinator::PutDone done);
  void start();

 private:
  WriteNodes nodes() const;
  bool stands_in() const { return own_ >= input_.primaries.size(); }
  KeyAddress address(std::string_view hint_for) const;
  KeyAddress own_address() const;
  void begin();
  Result<bool> has_seen_enough() const;
  void fetch();
  Result<Replica::Prepared> write_own();
  void arm();
  void arm_late();
  void carry_out();
  void send(const WriteAction& action);
  void send_record(const WriteAction& action);
  void read_record(const WriteAction& action);
  Result<Bytes> with_this_write(const Result<Bytes>& read) const;
  void send_delta(const WriteAction& action);
  bool may_send_delta(const WriteAction& action) const;
  bool lacks_base(const Result<Frame>& reply);
  PeerRequestHead peer_head() const;
  Frame frame_for(const WriteAction& action);
  void add_own(const Status& outcome);
  void add_answer(std::size_t node, Result<Frame> reply);
  void add_failure(std::size_t node, const Status& why);
  void advance();
  void decide();
  void leave_hints();
  void give_up();
  void finish(Outcome<PutResult> outcome);
  Failure quorum_failure(Code code, const std::string& why) const;

  Coordinator& coordinator_;
  Input input_;
  Coordinator::PutDone done_;
  std::vector<std::string> ids_;  // of primaries, then fallbacks
  std::size_t own_;               // this node's place there
  WriteQuorum quorum_;
  TimePoint deadline_;  // of the replicas' answers
  Bytes record_;        // as it is shipped; empty until it is needed, of a large copy
  Dot dot_;
  Bytes delta_;  // instead of it, to primaries that have its base; empty: not at all
  Stamp born_;   // the clock when it was signed
  Frame frame_;  // of the record, for primaries
  Frame delta_frame_;
  PutResult result_;
  Status own_failure_;
  std::string failures_;  // "node-b: …; node-c: …"
  bool hints_left_ = false;
  bool fetched_ = false;
  TimePoint signs_by_{};  ///< until then it waits for a stamp
  TimerId timer_ = 0;
  TimerId late_timer_ = 0;
};

}  // namespace stator
