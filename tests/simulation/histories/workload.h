#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/cluster.h"
#include "tests/simulation/histories/chronicle.h"
#include "tests/simulation/histories/plan.h"
#include "tests/simulation/histories/truth_table.h"

namespace stator::simulation {

/// The clients of a history: each asks one thing at a time, remembers what it was told of each key, and holds every
/// answer against the truth. [serial]
class Workload {
 public:
  struct Parts {
    Cluster& cluster;
    Chronicle& chronicle;
    TruthTable& truths;
    const Configuration& configuration;
    std::function<bool()> fresh;              ///< whether a quorum of readers must meet every quorum of writers
    std::function<std::size_t()> disks_lost;  ///< since the round began
  };
  Workload(const Parts& parts, const std::string& secret);

  /// Does the step, unless its client still waits for an answer.
  void perform(const RequestStep& step);
  bool idle() const { return busy_ == 0; }

 private:
  struct Knowledge {
    std::string token;  ///< empty: it knows nothing
    Sight seen;
  };
  struct Client {
    bool busy = false;
    std::map<Bytes, Knowledge> knows;
  };
  /// What was so when a read began.
  struct Asked {
    std::optional<WriteSet> before;  ///< what was acknowledged; nothing if it need not know all that
    std::uint64_t wall_millis = 0;   ///< on its node; 0 if that was down
  };
  /// One try of a write, which may be made again elsewhere.
  struct Attempt {
    RequestStep step;
    std::size_t write = 0;
    PutRequest request;
  };

  TruthTable::Entry& entry_of(const RequestStep& step) { return parts_.truths.at(step.keyspace, step.key); }
  void begin(std::size_t client);
  void end(std::size_t client);
  RequestHead head(const RequestStep& step) const;
  TimePoint deadline(const RequestStep& step) const;
  void read(const RequestStep& step);
  std::uint64_t wall_millis(std::size_t node);
  void finish_read(const RequestStep& step, const Asked& asked, Outcome<GetResult> outcome);
  void judge_read(const RequestStep& step, const Asked& asked, const GetResult& result);
  void write(const RequestStep& step);
  void try_write(Attempt attempt);
  void finish_write(Attempt attempt, Outcome<PutResult> outcome);
  void judge_acknowledgement(const TruthTable::Entry& entry, std::size_t write, const PutResult& result);
  bool try_again(Attempt& attempt, const Status& why);
  void forge(const RequestStep& step);
  std::string forged_token(const RequestStep& step) const;

  Parts parts_;
  const ContextTokens tokens_;
  std::vector<Client> clients_;
  std::size_t busy_ = 0;
};

}  // namespace stator::simulation
