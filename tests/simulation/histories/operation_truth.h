#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "kernel/causality/record.h"
#include "stator/datatype.h"
#include "stator/requests.h"
#include "stator/testing/datatype_history.h"
#include "tests/simulation/histories/truth.h"

namespace stator::simulation {

/// The true history of one key of a data type: who asked for what, each time that it was carried out, and what the node
/// that did so had seen before. From that follows which items any copy must hold, by the context it claims; and, where
/// the meaning of the data type is known, what it must show. [serial]
class OperationTruth {
 public:
  /// What a copy shows that has seen these events, said without items; "" if the key is not found.
  using Meaning = std::function<std::string(std::span<const testing::DataTypeEvent>, const testing::Events& seen)>;
  struct Options {
    std::string name;          ///< of the key, as messages have it
    std::uint32_t number = 0;  ///< of the key among all of the history
    const DataType* datatype = nullptr;
    Meaning meaning;  ///< null: it is not known
  };
  /// What a client asks for.
  struct Request {
    std::optional<Operation> operation;  ///< absent: the key is deleted
    std::optional<Context> observed;     ///< absent: it does not say what it has seen
  };
  explicit OperationTruth(Options options) : options_(std::move(options)) {}

  std::size_t begin(Request request);
  /// It is sent once more.
  void retry(std::size_t request) { requests_[request].retried = true; }
  void acknowledge(std::size_t request) { acknowledged_.add(request); }
  /// Which requests are acknowledged by now.
  const WriteSet& acknowledged() const { return acknowledged_; }
  OpId op_of(std::size_t request) const;
  std::size_t size() const { return requests_.size(); }

  // Judgements: what is wrong, or nothing.

  /// Of a record that its node hands over to its disk: what that has just signed becomes known.
  std::optional<std::string> see(const std::string& node, const Record& record);
  /// Of any answer to a get, however stale.
  std::optional<std::string> judge_shown(const GetResult& shown) const;
  /// Of one that must know all of `before`. `collected`: but for what is gone.
  std::optional<std::string> judge_fresh(const Context& context, const WriteSet& before, bool collected) const;
  /// Of the record that all replicas hold in the end. `collected`: what is gone may be forgotten.
  std::optional<std::string> judge_healed(const Record& record, bool collected) const;

 private:
  struct Asked {
    Request request;
    bool retried = false;
  };
  /// One time that a request was carried out; the events stand in the order of their signing.
  struct Signed {
    std::size_t request = 0;
    Dot last;                ///< a context has seen it if it covers this
    std::set<Dot> items;     ///< what it added
    std::set<Dot> replaced;  ///< what it took away
  };
  std::string name(std::size_t request) const;
  std::optional<std::size_t> request_of(const OpId& op) const;
  testing::Events seen_by(const Context& context) const;
  std::set<Dot> items_after(const testing::Events& seen) const;
  std::optional<std::string> sign(std::size_t request, const OpResult& done, const Record& record);
  std::optional<std::string> judge_replaced(const Signed& made, const std::set<Dot>& before) const;
  testing::Events observed_by(const Signed& made, const testing::Events& here, const std::set<Dot>& now) const;
  bool is_gone(std::size_t request) const;
  std::optional<std::string> judge_missed(const Context& context, const WriteSet& acknowledged, bool collected) const;
  std::optional<std::string> expected(const testing::Events& seen) const;

  Options options_;
  std::vector<Asked> requests_;
  WriteSet acknowledged_;
  std::vector<Signed> signed_;
  std::vector<testing::DataTypeEvent> events_;  // of the same places
  std::map<Dot, std::size_t> places_;           // by the last dot of each
  std::map<Dot, Version> items_;                // all there ever were
};

/// What clients of a data type ask for: examples of its own, and others of the same operations where it is known.
Operation draw_operation(const std::string& datatype, const DataType& of, std::uint64_t bits);
/// Null if nobody has said it.
OperationTruth::Meaning meaning_of(const std::string& datatype);

}  // namespace stator::simulation
