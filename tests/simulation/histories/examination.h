#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/cluster.h"
#include "tests/simulation/histories/chronicle.h"
#include "tests/simulation/histories/fault_injector.h"
#include "tests/simulation/histories/history.h"
#include "tests/simulation/histories/operation_table.h"
#include "tests/simulation/histories/truth_table.h"
#include "tests/simulation/histories/wire_watch.h"

namespace stator::simulation {

/// Looks at the nodes themselves: that nothing in them grows without bounds, that replicas agree once all is healed,
/// that what they agree on is the truth, and that a healed cluster refuses and repeats as it should. [serial]
class Examination {
 public:
  struct Parts {
    Cluster& cluster;
    Chronicle& chronicle;
    TruthTable& truths;
    OperationTable& operations;
    const FaultInjector& injector;
    const WireWatch& watch;
    const Configuration& configuration;
  };
  Examination(Parts parts, const std::string& secret) : parts_(parts), tokens_(secret) {}

  bool holds_anything(std::size_t node);
  /// Lets time pass until the replicas of every key are equal; false, and a violation, if they do not become so.
  bool await_agreement(Healing healing);
  /// Lets time pass until every short life is over and, where such are collected, no replica holds a key without a live
  /// value any more; false, and a violation, if that does not come.
  bool await_ends_of_lives();
  /// Everything about the agreed state. Asks the cluster things that must change nothing, and sees to it that they
  /// change nothing.
  void judge();

 private:
  std::optional<std::string> disagreement();
  std::optional<std::string> unfinished_healing();
  /// A large copy on the node whose head and rows do not fit together.
  std::optional<std::string> misfit(std::size_t node);
  std::optional<std::string> unended_life();
  void read_everything();
  void judge_record(TruthTable::Entry& entry, const Record& record);
  void judge_datatype(const OperationTable::Entry& entry);
  void judge_context(const TruthTable::Entry& entry, const Context& context);
  void question(TruthTable::Entry& entry, const Record& record, std::size_t node);
  void repeat_a_write(TruthTable::Entry& entry, const Record& record, std::size_t node);
  Outcome<PutResult> put(std::size_t node, const PutRequest& request);
  void check_rest();
  std::vector<std::optional<Record>> copies(const Bytes& key, const std::string& keyspace);

  Parts parts_;
  const ContextTokens tokens_;
  std::size_t turn_ = 0;
};

}  // namespace stator::simulation
