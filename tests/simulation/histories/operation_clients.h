#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/cluster.h"
#include "tests/simulation/histories/chronicle.h"
#include "tests/simulation/histories/committed_copies.h"
#include "tests/simulation/histories/operation_table.h"
#include "tests/simulation/histories/plan.h"

namespace stator::simulation {

/// The clients of a history's data types: each asks one thing at a time, with or without the context that it was last
/// given of the key, and holds what it is shown against the truth. [serial]
class OperationClients {
 public:
  struct Parts {
    Cluster& cluster;
    Chronicle& chronicle;
    OperationTable& truths;
    const Configuration& configuration;
    std::function<bool()> fresh;  ///< whether a quorum of readers must meet every quorum of writers
  };
  OperationClients(Parts parts, const std::string& secret)
      : parts_(std::move(parts)), tokens_(secret), clients_(parts_.configuration.clients), committed_(parts_.cluster) {}

  /// Does the step, unless its client still waits for an answer.
  void perform(const OperationStep& step);
  bool idle() const { return busy_ == 0; }
  /// A node hands something over to its disk.
  void see_commit(std::size_t node, const Commit& commit);

 private:
  struct Client {
    bool busy = false;
    std::map<Bytes, std::string> tokens;  ///< by key; none: it has seen nothing
  };
  /// One try of an operation, which may be made again elsewhere.
  struct Attempt {
    OperationStep step;
    std::size_t request = 0;
    PutRequest put;
  };

  OperationTable::Entry& entry_of(const OperationStep& step) { return parts_.truths.at(step.keyspace, step.key); }
  RequestHead head(const OperationStep& step);
  void end(const OperationStep& step);
  void read(const OperationStep& step);
  void finish_read(const OperationStep& step, const std::optional<WriteSet>& before, Outcome<GetResult> outcome);
  void write(const OperationStep& step);
  void try_write(Attempt attempt);
  void finish_write(Attempt attempt, Outcome<PutResult> outcome);
  bool try_again(Attempt& attempt, const Status& why);
  void judge(const std::optional<std::string>& wrong) {
    if (wrong) parts_.chronicle.violated(*wrong);
  }

  Parts parts_;
  const ContextTokens tokens_;
  std::vector<Client> clients_;
  CommittedCopies committed_;
  std::size_t busy_ = 0;
};

}  // namespace stator::simulation
