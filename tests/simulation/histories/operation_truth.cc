#include "tests/simulation/histories/operation_truth.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "kernel/coordinator/items.h"

namespace stator::simulation {
namespace {

using testing::Events;

/// The model weighs each event against each, so it is asked while they are few, and at the end.
constexpr std::size_t kFew = 40;

std::set<Dot> items_in(const Record& record) {
  std::set<Dot> dots;
  for (const Version& version : record.versions) {
    if (!version.tombstone) dots.insert(version.dot);
  }
  return dots;
}

std::set<Dot> without(const std::set<Dot>& dots, const std::set<Dot>& others) {
  std::set<Dot> left;
  std::set_difference(dots.begin(), dots.end(), others.begin(), others.end(), std::inserter(left, left.end()));
  return left;
}

}  // namespace

std::size_t OperationTruth::begin(Request request) {
  requests_.push_back({std::move(request)});
  return requests_.size() - 1;
}

std::string OperationTruth::name(std::size_t request) const {
  const std::optional<Operation>& operation = requests_[request].request.operation;
  return (operation ? operation->arguments : Bytes("the deletion")) + ", request " + std::to_string(request) + " of " +
         options_.name;
}

OpId OperationTruth::op_of(std::size_t request) const {
  OpId op{};
  const auto number = static_cast<std::uint32_t>(request);
  std::memcpy(op.data(), &options_.number, sizeof options_.number);
  std::memcpy(op.data() + 4, &number, sizeof number);
  op[15] = 2;
  return op;
}

std::optional<std::size_t> OperationTruth::request_of(const OpId& op) const {
  std::uint32_t number = 0;
  std::memcpy(&number, op.data() + 4, sizeof number);
  return number < requests_.size() && op_of(number) == op ? std::optional<std::size_t>(number) : std::nullopt;
}

Events OperationTruth::seen_by(const Context& context) const {
  Events seen;
  for (std::size_t place = 0; place < signed_.size(); ++place) {
    if (context.covers(signed_[place].last)) seen.insert(place);
  }
  return seen;
}

// The join of causal dot stores: whatever any of these added, and none of them took away.
std::set<Dot> OperationTruth::items_after(const Events& seen) const {
  std::set<Dot> items;
  for (std::size_t place : seen) items.insert(signed_[place].items.begin(), signed_[place].items.end());
  for (std::size_t place : seen) {
    for (const Dot& dot : signed_[place].replaced) items.erase(dot);
  }
  return items;
}

std::optional<std::string> OperationTruth::see(const std::string& node, const Record& record) {
  for (const OpResult& done : record.ops) {
    const std::optional<std::size_t> request = request_of(done.op);
    if (!request) return options_.name + " knows of an operation that nobody asked for";
    const auto known = places_.find(done.dot);
    if (known != places_.end() && signed_[known->second].request != *request)
      return "one dot names " + name(*request) + " and " + name(signed_[known->second].request);
    if (known != places_.end() || done.dot.actor.node != node) continue;
    if (auto wrong = sign(*request, done, record)) return wrong;
  }
  return std::nullopt;
}

std::optional<std::string> OperationTruth::sign(std::size_t request, const OpResult& done, const Record& record) {
  Signed made{.request = request, .last = done.dot, .items = {}, .replaced = {}};
  for (const Version& version : record.versions) {
    if (version.tombstone || version.dot.actor != done.dot.actor || version.stamp != done.stamp) continue;
    if (!items_.emplace(version.dot, version).second) return "a dot of " + name(request) + " is not new";
    made.items.insert(version.dot);
  }
  const Events here = seen_by(record.context);
  const std::set<Dot> before = items_after(here);
  const std::set<Dot> now = without(items_in(record), made.items);
  if (const std::set<Dot> strange = without(now, before); !strange.empty())
    return name(request) + " stands beside what had been taken away at its node";
  made.replaced = without(before, now);
  auto wrong = judge_replaced(made, before);
  const Request& asked = requests_[request].request;
  events_.push_back({.operation = asked.operation.value_or(Operation()),
                     .signer = done.dot.actor,
                     .stamp = done.stamp,
                     .here = here,
                     .observed = observed_by(made, here, now)});
  places_[done.dot] = signed_.size();
  signed_.push_back(std::move(made));
  return wrong;
}

// A deletion takes away exactly what its client had seen, an operation nothing else but the signer's own.
std::optional<std::string> OperationTruth::judge_replaced(const Signed& made, const std::set<Dot>& before) const {
  const Request& asked = requests_[made.request].request;
  if (!asked.observed) return std::nullopt;
  for (const Dot& dot : before) {
    const bool seen = asked.observed->covers(dot);
    const bool gone = made.replaced.contains(dot);
    if (gone && !seen && !(asked.operation && dot.actor == made.last.actor))
      return name(made.request) + " took away what its client had not seen";
    if (!gone && seen && !asked.operation) return name(made.request) + " left what its client had seen";
  }
  return std::nullopt;
}

// A blind deletion has seen what is here; but a node that is in doubt of what it holds takes nothing of it away.
Events OperationTruth::observed_by(const Signed& made, const Events& here, const std::set<Dot>& now) const {
  const Request& asked = requests_[made.request].request;
  if (asked.observed) return seen_by(*asked.observed);
  if (asked.operation) return here;
  Events observed;
  for (std::size_t place : here) {
    const std::set<Dot>& items = signed_[place].items;
    if (std::none_of(items.begin(), items.end(), [&now](const Dot& dot) { return now.contains(dot); }))
      observed.insert(place);
  }
  return observed;
}

std::optional<std::string> OperationTruth::expected(const Events& seen) const {
  std::vector<Version> versions;
  for (const Dot& dot : items_after(seen)) versions.push_back(items_.at(dot));
  if (versions.empty()) return std::nullopt;
  const Result<Items> items = items_of(versions, std::nullopt, 0);
  if (!items.is_ok()) return items.status().text();
  const Result<Bytes> text = options_.datatype->read(*items);
  return text.is_ok() ? *text : text.status().text();
}

std::optional<std::string> OperationTruth::judge_shown(const GetResult& shown) const {
  const Events seen = seen_by(shown.clock);
  const std::string text = shown.found ? shown.resolved.value : Bytes();
  const std::string wanted = expected(seen).value_or("");
  if (text != wanted) return options_.name + " shows " + text + ", and whoever has seen as much holds " + wanted;
  if (!options_.meaning || events_.size() > kFew) return std::nullopt;
  const std::string meant = options_.meaning(events_, seen);
  if (text != meant) return options_.name + " shows " + text + ", and what was done to it means " + meant;
  return std::nullopt;
}

/// Whether all that the request ever added was taken away again.
bool OperationTruth::is_gone(std::size_t request) const {
  std::set<Dot> items;
  for (const Signed& done : signed_) {
    if (done.request == request) items.insert(done.items.begin(), done.items.end());
  }
  for (const Signed& done : signed_) {
    for (const Dot& dot : done.replaced) items.erase(dot);
  }
  return items.empty();
}

std::optional<std::string> OperationTruth::judge_missed(const Context& context, const WriteSet& acknowledged,
                                                        bool collected) const {
  WriteSet seen;
  for (std::size_t place : seen_by(context)) seen.add(signed_[place].request);
  for (std::size_t missed : acknowledged.without(seen)) {
    if (!collected || !is_gone(missed)) return name(missed);
  }
  return std::nullopt;
}

std::optional<std::string> OperationTruth::judge_fresh(const Context& context, const WriteSet& before,
                                                       bool collected) const {
  if (auto missed = judge_missed(context, before, collected))
    return "a read knows nothing of " + *missed + ", which was acknowledged before it began";
  return std::nullopt;
}

std::optional<std::string> OperationTruth::judge_healed(const Record& record, bool collected) const {
  if (auto lost = judge_missed(record.context, acknowledged_, collected)) return "acknowledged " + *lost + ", is lost";
  const Events seen = seen_by(record.context);
  const std::set<Dot> items = items_in(record);
  if (items != items_after(seen)) return options_.name + " does not hold what follows from what it has seen";
  for (const Signed& done : signed_) {
    if (!acknowledged_.contains(done.request) || requests_[done.request].retried) continue;
    for (const Dot& dot : done.replaced) {
      if (items.contains(dot)) return "what was taken away by " + name(done.request) + ", is back";
    }
  }
  if (!options_.meaning) return std::nullopt;
  const std::string meant = options_.meaning(events_, seen);
  const std::string held = expected(seen).value_or("");
  if (held != meant) return options_.name + " ends as " + held + ", and what was done to it means " + meant;
  return std::nullopt;
}

}  // namespace stator::simulation
