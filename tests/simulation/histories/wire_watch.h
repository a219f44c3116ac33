#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/simulation/cluster.h"
#include "tests/simulation/frame_kind.h"
#include "tests/simulation/histories/chronicle.h"
#include "tests/simulation/histories/committed_copies.h"
#include "tests/simulation/histories/truth_table.h"

namespace stator::simulation {

/// Reads what nodes send each other and hand over to their disks, and judges each write as it is signed, which is when
/// its record is first seen in either place: no dot names two writes or was covered before it was minted, a
/// coordinator's stamps only rise and are to be believed, what its client had seen is replaced, and the message lives
/// no longer than its request. What is done to data types it leaves to OperationClients. [serial]
class WireWatch {
 public:
  struct Parts {
    Cluster& cluster;
    Chronicle& chronicle;
    TruthTable& truths;
    std::chrono::milliseconds max_clock_skew;
  };
  explicit WireWatch(Parts parts);

  void see(const std::string& from, const Frame& request);
  void see_commit(std::size_t node, const Commit& commit);
  /// What a node holds must have been believable when it came.
  void judge_held(std::size_t node, const Bytes& key, const Record& record);
  /// How many epochs the node may have in the key's context if it had so many breaks: each of its copies, its own and
  /// those that stand in for others, has a mark that ends with each break and with its removal, and each write that the
  /// node signs before it has caught up is one of its own.
  std::size_t most_epochs(const TruthTable::Entry& entry, std::size_t node, std::size_t breaks) const;
  /// Requests seen that compare leaves or bring records.
  std::uint64_t repairs() const { return repairs_; }
  /// The node has lost its disk: its clock may go back.
  void forget_stamps(std::size_t node) { last_stamps_[node] = {}; }
  /// How far the wall clock of a node is ahead of the true time from now on.
  void clock_is_ahead(std::size_t node, std::int64_t millis);

 private:
  struct Dotted {
    std::size_t write = 0;
    bool travelled = false;  ///< was seen between nodes
  };
  /// What a node has done with the key.
  struct Holder {
    std::set<Bytes> copies;  ///< where it ever stored one under a mark
    std::size_t removals = 0;
    std::size_t signed_in_doubt = 0;
  };
  struct Key {
    std::map<Actor, std::uint64_t> counters;  ///< the highest that any context was seen to hold
    std::map<Dot, Dotted> writes;
    WriteSet signed_writes;
    std::map<std::size_t, Holder> holders;  ///< by node
    Bytes last_encoded;                     ///< of the record that was seen last: each comes several times
    Record last;
  };
  std::size_t place_of(const TruthTable::Entry& entry) const {
    return static_cast<std::size_t>(&entry - parts_.truths.entries().data());
  }
  const Key& key_of(const TruthTable::Entry& entry) const { return keys_[place_of(entry)]; }
  void count(FrameKind kind);
  void note_forward(const std::string& from, BytesView request);
  void see_record(const std::string& from, TruthTable::Entry& entry, const Record& record, TimePoint deadline);
  /// A record that its node has just signed, or merged something into.
  void see_own(const std::string& by, TruthTable::Entry& entry, const Record& record);
  /// Until the next call for the key; null if it makes no sense.
  const Record* decoded(const TruthTable::Entry& entry, BytesView encoded);
  void judge_signing(const std::string& by, TruthTable::Entry& entry, const Record& record, const Version& version);
  void judge_new(const std::string& by, TruthTable::Entry& entry, const Version& version, std::size_t write);
  void judge_deadline(const TruthTable::Entry& entry, std::size_t write, TimePoint deadline);
  void note_context(const TruthTable::Entry& entry, const Context& context);
  void judge_stamp(std::size_t node, Stamp stamp);
  bool is_believable(std::size_t node, Stamp stamp) const;

  Parts parts_;
  CommittedCopies committed_;
  std::uint64_t repairs_ = 0;
  std::set<Bytes> forwards_;  // by whom, and which write
  Frame last_;                // the same frame goes to several
  std::vector<Key> keys_;     // by place in the table
  std::vector<Stamp> last_stamps_;
  std::vector<std::int64_t> ahead_;       // now
  std::vector<std::int64_t> most_ahead_;  // ever
};

}  // namespace stator::simulation
