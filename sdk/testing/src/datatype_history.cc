#include "stator/testing/datatype_history.h"

#include <algorithm>
#include <utility>

#include "datatype_replica.h"

namespace stator::testing {
namespace {

using Violations = std::vector<std::string>;
constexpr std::size_t kMostViolations = 5;

/// A copy, and what it has seen.
struct Copy {
  DataTypeReplica replica;
  Events seen;
  int side = 0;  ///< of the partition
};

/// What a client once read.
struct Reading {
  Context context;
  Events seen;
};

std::string shown(const Events& events) {
  std::string text;
  for (std::size_t event : events) text += (text.empty() ? "" : " ") + std::to_string(event);
  return "{" + text + "}";
}

class History {
 public:
  History(const DataType& datatype, const DataTypeModel& model, std::mt19937_64& random)
      : datatype_(datatype), model_(model), random_(random), examples_(datatype.examples()) {
    const std::size_t copies = 2 + below(3);
    for (std::size_t i = 0; i < copies; ++i)
      copies_.push_back({DataTypeReplica("node-" + std::string(1, static_cast<char>('a' + i))), {}});
  }

  /// What went wrong first; empty if nothing did.
  std::string run() {
    for (int i = 0; i < model_.updates && wrong_.empty(); ++i) {
      if (below(6) == 0) part();
      if (below(2) == 0) exchange();
      Copy& copy = copies_[below(copies_.size())];
      if (below(16) == 0) copy.replica.mint_epoch();
      happen(copy);
      if (below(3) == 0) readings_.push_back({copy.replica.context(), copy.seen});
    }
    for (int round = 0; round < 2; ++round) {
      for (Copy& to : copies_) {
        for (const Copy& from : copies_) join(to, from);
      }
    }
    if (!wrong_.empty()) return wrong_ + "\n" + told();
    return {};
  }

 private:
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }

  void part() {
    for (Copy& copy : copies_) copy.side = static_cast<int>(below(2));
  }
  void exchange() {
    Copy& to = copies_[below(copies_.size())];
    const Copy& from = copies_[below(copies_.size())];
    if (to.side == from.side) join(to, from);
  }
  void join(Copy& to, const Copy& from) {
    if (&to == &from) return;
    to.replica.join(from.replica);
    to.seen.insert(from.seen.begin(), from.seen.end());
    compare(to);
  }

  /// One event at the copy: most often an operation, with or without what a client had read before.
  void happen(Copy& copy) {
    const Reading* reading = !readings_.empty() && below(3) != 0 ? &readings_[below(readings_.size())] : nullptr;
    DataTypeEvent event{.operation = {}, .signer = copy.replica.actor(), .here = copy.seen, .observed = copy.seen};
    if (reading != nullptr) std::erase_if(event.observed, [&](std::size_t i) { return !reading->seen.contains(i); });
    const Items items = copy.replica.items(reading != nullptr ? &reading->context : nullptr);
    Change change;
    if (below(12) == 0) {
      for (const Item& item : items.all()) {
        if (item.observed) change.replaced.push_back(item.dot);
      }
    } else {
      event.operation = model_.draw ? model_.draw(random_) : examples_[below(examples_.size())];
      Result<Change> made = datatype_.update(items, event.operation, event.signer);
      if (made.status().code() == Code::failed_precondition) return;
      if (!made.is_ok()) return blame(event.operation.arguments + " was refused, " + made.status().text());
      change = std::move(*made);
    }
    copy.replica.apply(change);
    event.stamp = copy.replica.clock();
    copy.seen.insert(events_.size());
    events_.push_back(std::move(event));
    compare(copy);
  }

  void compare(const Copy& copy) {
    const std::string meant = model_.read(events_, copy.seen);
    std::string read;
    if (!copy.replica.empty()) {
      const Result<Bytes> json = datatype_.read(copy.replica.items());
      read = json.is_ok() ? *json : json.status().text();
    }
    if (read != meant)
      blame(copy.replica.actor().node + ", which has seen " + shown(copy.seen) + ", shows " + read + ", not " + meant);
  }
  void blame(const std::string& what) {
    if (wrong_.empty()) wrong_ = what;
  }
  std::string told() const {
    std::string text;
    for (std::size_t i = 0; i < events_.size(); ++i) {
      const DataTypeEvent& event = events_[i];
      text += "  " + std::to_string(i) + " at " + event.signer.node + "#" + std::to_string(event.signer.epoch.bits) +
              ", which had seen " + shown(event.here) + ", by a client that had seen " + shown(event.observed) + ": " +
              (event.operation.name.empty() ? "deletion" : event.operation.arguments) + "\n";
    }
    return text;
  }

  const DataType& datatype_;
  const DataTypeModel& model_;
  std::mt19937_64& random_;
  const std::vector<Operation> examples_;
  std::vector<Copy> copies_;
  std::vector<Reading> readings_;
  std::vector<DataTypeEvent> events_;
  std::string wrong_;
};

}  // namespace

std::vector<std::string> disagreements(const DataTypeUnderTest& datatype, const DataTypeModel& model) {
  Violations violations;
  std::mt19937_64 random(datatype.seed);
  const auto instance = datatype.make();
  for (int i = 0; i < datatype.histories && violations.size() < kMostViolations; ++i) {
    std::string wrong = History(*instance, model, random).run();
    if (wrong.empty()) continue;
    violations.push_back("seed " + std::to_string(datatype.seed) + ", history " + std::to_string(i) + ": " + wrong);
  }
  return violations;
}

}  // namespace stator::testing
