#include "stator/testing/datatype_laws.h"

#include <algorithm>
#include <exception>
#include <list>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>

#include "datatype_replica.h"
#include "stator/testing/items_on_demand.h"

namespace stator::testing {
namespace {

using Json = nlohmann::json;
using Violations = std::vector<std::string>;
using Random = std::mt19937_64;
constexpr std::size_t kMostViolations = 5;
constexpr int kUpdates = 25;  // in one history

std::size_t below(Random& random, std::size_t bound) { return static_cast<std::size_t>(random() % bound); }

/// An operation that is about to be carried out.
struct Moment {
  const Items& items;
  const Operation& operation;
  const Actor& signer;
  const DataTypeReplica& replica;
  Random& random;
};

std::string shown(const Dot& dot) {
  return dot.actor.node + "#" + std::to_string(dot.actor.epoch.bits) + ":" + std::to_string(dot.counter);
}

std::string shown(const Items& items) {
  std::string text;
  for (const Item& item : items.all()) {
    text += (text.empty() ? "" : " ") + shown(item.dot) + (item.observed ? "" : "(not seen)") + "=" +
            Json(item.field).dump(-1, ' ', true, Json::error_handler_t::replace);
  }
  return "{" + text + "}";
}

/// Calls, and says what it threw; empty if nothing.
template <typename Call>
std::string thrown_by(Call call) {
  try {
    call();
    return {};
  } catch (const std::exception& fault) {
    return std::string("the exception ") + fault.what();
  } catch (...) {
    return "an exception that is not a std::exception";
  }
}

/// Nothing of one that throws; that is a law of its own.
std::optional<Result<Change>> update(const DataType& datatype, const Items& items, const Operation& operation,
                                     const Actor& signer) {
  std::optional<Result<Change>> change;
  thrown_by([&] { change = datatype.update(items, operation, signer); });
  return change;
}
std::optional<Result<Change>> update(const DataType& datatype, const Moment& moment) {
  return update(datatype, moment.items, moment.operation, moment.signer);
}

/// What a client would be told: equal answers, equal texts.
std::string answer(const DataType& datatype, const Items& items, const Operation& operation, const Actor& signer) {
  std::string text;
  const std::string thrown = thrown_by([&] {
    const Result<Change> change = datatype.update(items, operation, signer);
    if (!change.is_ok()) return void(text = change.status().text());
    for (const Dot& dot : change->replaced) text += "-" + shown(dot) + " ";
    for (const Change::Addition& addition : change->added) text += "+" + addition.field + "=" + addition.value + " ";
  });
  return thrown.empty() ? text : thrown;
}
std::string reading(const DataType& datatype, const DataTypeReplica& replica) {
  if (replica.empty()) return {};
  std::string text;
  const std::string thrown = thrown_by([&] {
    const Result<Bytes> json = datatype.read(replica.items());
    text = json.is_ok() ? *json : json.status().text();
  });
  return thrown.empty() ? text : thrown;
}

/// Some copies of one key, and what clients have read of it.
class History {
 public:
  History(const DataType& datatype, std::vector<Operation> examples, Random& random)
      : datatype_(datatype), examples_(std::move(examples)), random_(random) {
    for (const char* node : {"node-a", "node-b", "node-c"}) replicas_.emplace_back(node);
  }

  /// Asks before each operation, and goes on until there is an answer.
  template <typename Check>
  std::string run(Check check) {
    for (int i = 0; i < kUpdates; ++i) {
      DataTypeReplica& replica = replicas_[below(random_, replicas_.size())];
      if (below(random_, 3) == 0) replica.join(replicas_[below(random_, replicas_.size())]);
      if (below(random_, 16) == 0) replica.mint_epoch();
      const bool with_context = !contexts_.empty() && below(random_, 2) == 0;
      const Context* observed = with_context ? &contexts_[below(random_, contexts_.size())] : nullptr;
      const Items items = replica.items(observed);
      const Operation& operation = examples_[below(random_, examples_.size())];
      const Moment moment{items, operation, replica.actor(), replica, random_};
      std::string wrong = check(moment);
      if (!wrong.empty())
        return operation.arguments + " by " + replica.actor().node + " to " + shown(items) + ": " + wrong;
      auto change = update(datatype_, moment);
      if (change && change->is_ok()) replica.apply(**change);
      if (below(random_, 3) == 0) contexts_.push_back(replica.context());
    }
    return {};
  }
  const std::vector<DataTypeReplica>& replicas() const { return replicas_; }

 private:
  const DataType& datatype_;
  const std::vector<Operation> examples_;
  Random& random_;
  std::vector<DataTypeReplica> replicas_;
  std::vector<Context> contexts_;
};

std::vector<Operation> examples_of(const DataType& datatype) {
  std::vector<Operation> examples;
  thrown_by([&] { examples = datatype.examples(); });
  return examples;
}

/// Collects what one check says of each random history, with the seed that gives the history again.
template <typename Check>
Violations for_each_history(const DataTypeUnderTest& subject, Check check) {
  const auto datatype = subject.make();
  const std::vector<Operation> examples = examples_of(*datatype);
  if (examples.empty()) return {"it has no examples"};
  Violations violations;
  Random random(subject.seed);
  for (int i = 0; i < subject.histories && violations.size() < kMostViolations; ++i) {
    History history(*datatype, examples, random);
    std::string wrong = check(history, random);
    if (wrong.empty()) continue;
    violations.push_back("seed " + std::to_string(subject.seed) + ", history " + std::to_string(i) + ": " + wrong);
  }
  return violations;
}
template <typename Check>
Violations for_each_moment(const DataTypeUnderTest& subject, Check check) {
  return for_each_history(subject, [&](History& history, Random&) { return history.run(check); });
}

std::string differ(const std::string& what, const std::string& a, const std::string& b) {
  return a == b ? "" : what + ": " + a + ", then " + b;
}

Violations throws_nothing(const DataTypeUnderTest& subject) {
  auto datatype = subject.make();
  const std::string thrown = thrown_by([&] { (void)datatype->examples(); });
  if (!thrown.empty()) return {"examples: " + thrown};
  return for_each_moment(subject, [&](const Moment& moment) {
    const std::string updating =
        thrown_by([&] { (void)datatype->update(moment.items, moment.operation, moment.signer); });
    if (!updating.empty() || moment.replica.empty()) return updating;
    return thrown_by([&] { (void)datatype->read(moment.replica.items()); });
  });
}

Violations is_deterministic(const DataTypeUnderTest& subject) {
  auto datatype = subject.make();
  return for_each_moment(subject, [&](const Moment& moment) -> std::string {
    const auto both = [&](const DataType& asked) {
      return answer(asked, moment.items, moment.operation, moment.signer) + ", shown as " +
             reading(asked, moment.replica);
    };
    const std::string once = both(*datatype);
    const std::string again = differ("asked twice", once, both(*datatype));
    // A fresh instance knows nothing of the operations before.
    return again.empty() ? differ("asked of a fresh instance", once, both(*subject.make())) : again;
  });
}

Violations bears_parallel_calls(const DataTypeUnderTest& subject) {
  constexpr int kThreads = 4;
  struct Call {
    DataTypeReplica replica;
    Operation operation;
    std::string alone;
  };
  auto datatype = subject.make();
  const auto both = [&](const Call& call) {
    const Items items = call.replica.items();
    return answer(*datatype, items, call.operation, call.replica.actor()) + ", shown as " +
           reading(*datatype, call.replica);
  };
  std::list<Call> calls;
  for_each_moment(subject, [&](const Moment& moment) {
    calls.push_back({moment.replica, moment.operation, {}});
    calls.back().alone = both(calls.back());
    return std::string();
  });
  std::string found[kThreads];
  std::vector<std::thread> threads;
  for (std::string& mine : found) {
    threads.emplace_back([&] {
      for (const Call& call : calls) {
        if (mine.empty()) mine = differ(call.operation.arguments + ", alone and among others", call.alone, both(call));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  Violations violations;
  for (const std::string& wrong : found) {
    if (!wrong.empty()) violations.push_back("seed " + std::to_string(subject.seed) + ": " + wrong);
  }
  return violations;
}

/// Calls `wrong` for each dot that is to be replaced, with its item, or null if there is none.
template <typename Wrong>
Violations for_each_replaced(const DataTypeUnderTest& subject, Wrong wrong) {
  auto datatype = subject.make();
  return for_each_moment(subject, [&](const Moment& moment) -> std::string {
    const auto change = update(*datatype, moment);
    if (!change || !change->is_ok()) return {};
    std::map<Dot, const Item*> there;
    for (const Item& item : moment.items.all()) there.emplace(item.dot, &item);
    for (const Dot& dot : (*change)->replaced) {
      auto item = there.find(dot);
      const char* why = wrong(moment, item != there.end() ? item->second : nullptr);
      if (why != nullptr) return "it replaces " + shown(dot) + why;
    }
    return {};
  });
}

Violations replaces_only_what_is_there(const DataTypeUnderTest& subject) {
  return for_each_replaced(subject, [](const Moment&, const Item* item) -> const char* {
    return item == nullptr ? ", which is not there" : nullptr;
  });
}

Violations replaces_only_what_was_seen(const DataTypeUnderTest& subject) {
  return for_each_replaced(subject, [](const Moment& moment, const Item* item) -> const char* {
    const bool may = item == nullptr || item->observed || item->dot.actor == moment.signer;
    return may ? nullptr : ", which the client has not seen and the signer has not signed";
  });
}

Violations bears_items_on_demand(const DataTypeUnderTest& subject) {
  auto datatype = subject.make();
  return for_each_moment(subject, [&](const Moment& moment) -> std::string {
    const auto asked = [&](const Items& items) { return answer(*datatype, items, moment.operation, moment.signer); };
    ItemsOnDemand source(moment.items);
    const std::string wrong =
        differ("all items given, and each when it is asked for", asked(moment.items), asked(Items(source)));
    if (!wrong.empty()) return wrong;
    const auto change = update(*datatype, moment);
    if (!change || !change->is_ok()) return {};
    for (const Dot& dot : (*change)->replaced) {
      if (!source.given(dot) && !moment.items.given({dot}).empty())
        return "it replaces " + shown(dot) + ", for which it has not asked";
    }
    return {};
  });
}

Violations takes_its_examples(const DataTypeUnderTest& subject) {
  auto datatype = subject.make();
  return for_each_moment(subject, [&](const Moment& moment) {
    const auto change = update(*datatype, moment);
    return !change || change->is_ok() ? std::string() : "refused, " + change->status().text();
  });
}

Violations reads_every_state(const DataTypeUnderTest& subject) {
  auto datatype = subject.make();
  return for_each_moment(subject, [&](const Moment& moment) -> std::string {
    if (moment.replica.empty()) return {};
    std::optional<Result<Bytes>> json;
    thrown_by([&] { json = datatype->read(moment.replica.items()); });
    if (!json) return {};
    if (!json->is_ok()) return "not read, " + json->status().text();
    return Json::accept(**json) ? std::string() : "read as " + **json + ", which is no JSON";
  });
}

/// One copy of them all, brought together in any order and grouping, some of them twice.
DataTypeReplica brought_together(std::vector<DataTypeReplica> copies, Random& random) {
  copies.push_back(copies[below(random, copies.size())]);
  while (copies.size() > 1) {
    std::shuffle(copies.begin(), copies.end(), random);
    copies[0].join(copies.back());
    if (below(random, 3) != 0) copies.pop_back();
  }
  return copies[0];
}

Violations converges_however_delivered(const DataTypeUnderTest& subject) {
  auto datatype = subject.make();
  return for_each_history(subject, [&](History& history, Random& random) {
    history.run([](const Moment&) { return std::string(); });
    const DataTypeReplica once = brought_together(history.replicas(), random);
    std::string wrong;
    for (int i = 0; i < 4 && wrong.empty(); ++i) {
      wrong = differ("of " + shown(once.items()) + ", delivered in two ways", reading(*datatype, once),
                     reading(*datatype, brought_together(history.replicas(), random)));
    }
    return wrong;
  });
}

/// Asks for what must be refused, wherever `variants` has it: `op` says what it is.
template <typename Variants>
Violations refuses(const DataTypeUnderTest& subject, Variants variants) {
  auto datatype = subject.make();
  return for_each_moment(subject, [&](const Moment& moment) -> std::string {
    for (const Operation& wrong : variants(moment)) {
      const auto change = update(*datatype, moment.items, wrong, moment.signer);
      const std::string asked =
          "\"" + wrong.name + "\" with " + Json(wrong.arguments).dump(-1, ' ', true, Json::error_handler_t::replace);
      if (!change) continue;
      if (change->is_ok()) return asked + " is taken";
      if (change->status().code() != Code::invalid_argument || change->status().message().empty())
        return asked + " is refused without invalid_argument and a text: " + change->status().text();
    }
    return {};
  });
}

Violations examples_name_every_operation(const DataTypeUnderTest& subject) {
  static constexpr const char* kNames[] = {"add",     "add_all", "append", "assign",  "clear",  "create", "decrement",
                                           "delete",  "disable", "enable", "flag",    "get",    "inc",    "increment",
                                           "insert",  "merge",   "pop",    "push",    "put",    "remove", "remove_all",
                                           "replace", "reset",   "set",    "set_all", "toggle", "update", "write",
                                           "",        "ADD",     "?"};
  std::set<std::string> known;
  for (const Operation& example : examples_of(*subject.make())) known.insert(example.name);
  return refuses(subject, [&](const Moment& moment) {
    std::vector<Operation> unknown;
    Json arguments = Json::parse(moment.operation.arguments, nullptr, false);
    for (const char* name : kNames) {
      if (known.contains(name) || !arguments.is_object()) continue;
      arguments["op"] = name;
      unknown.push_back({name, arguments.dump(-1, ' ', false, Json::error_handler_t::replace)});
    }
    return unknown;
  });
}

Violations refuses_nonsense(const DataTypeUnderTest& subject) {
  return refuses(subject, [&](const Moment& moment) {
    const auto& [name, text] = moment.operation;
    std::vector<Operation> nonsense;
    for (const char* other : {"", "nonsense", "null", "7", "[]", "{", "[[[[[[[["}) nonsense.push_back({name, other});
    nonsense.push_back({name, text + "}"});
    if (text.empty()) return nonsense;
    nonsense.push_back({name, text.substr(0, below(moment.random, text.size()))});
    Bytes not_utf8 = text;
    not_utf8[below(moment.random, text.size())] = '\xFF';
    nonsense.push_back({name, not_utf8});
    Json arguments = Json::parse(text, nullptr, false);
    if (!arguments.is_object()) return nonsense;
    arguments["colour of the member that nobody has"] = "red";
    nonsense.push_back({name, arguments.dump()});
    return nonsense;
  });
}

constexpr DataTypeLaw kLaws[] = {
    {"ThrowsNothing", "update, read and examples throw nothing", throws_nothing},
    {"IsDeterministic", "the same items have the same answers", is_deterministic},
    {"BearsParallelCalls", "calls at the same time have the answers they have alone", bears_parallel_calls},
    {"ReplacesOnlyWhatIsThere", "an operation replaces none but items that are there", replaces_only_what_is_there},
    {"ReplacesOnlyWhatWasSeen", "an operation replaces none but what the client has seen or the signer has signed",
     replaces_only_what_was_seen},
    {"BearsItemsOnDemand", "of items that are given when they are asked for it makes the same and replaces no others",
     bears_items_on_demand},
    {"TakesItsExamples", "examples are taken whatever is there", takes_its_examples},
    {"ReadsEveryState", "what operations have made is read as JSON", reads_every_state},
    {"ConvergesHoweverDelivered", "copies that have seen the same read the same, however it came to them",
     converges_however_delivered},
    {"ExamplesNameEveryOperation", "an operation that no example has is refused", examples_name_every_operation},
    {"RefusesNonsense", "arguments that are none are refused with invalid_argument and a text", refuses_nonsense},
};

}  // namespace

std::span<const DataTypeLaw> datatype_laws() { return kLaws; }

}  // namespace stator::testing
