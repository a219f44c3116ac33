// Deltas and whole records on a network that loses, repeats and reorders, between replicas of one key. A ledger of what
// each operation added and removed, which knows neither records nor deltas, says what a replica with a given context
// must hold.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <variant>

#include "kernel/causality/copy.h"
#include "tests/causality/generators.h"

namespace stator {
namespace {

constexpr std::size_t kNodes = 4;
constexpr std::size_t kSteps = 120;

struct Event {
  std::map<Dot, Version> added;
  std::set<Dot> removed;
  std::optional<OpResult> op;
};

class DeltaModel {
 public:
  explicit DeltaModel(std::uint64_t seed) : chance_(seed), nodes_(kNodes) {
    for (std::size_t node = 0; node < kNodes; ++node) nodes_[node].name = std::string(1, static_cast<char>('a' + node));
  }

  void run() {
    for (std::size_t step = 0; step < kSteps && !::testing::Test::HasFailure(); ++step) {
      const std::size_t roll = pick(10);
      if (roll < 4) {
        operate(nodes_[pick(kNodes)]);
      } else if (roll < 9) {
        deliver();
      } else {
        break_marks(nodes_[pick(kNodes)]);
      }
    }
    // By whole records alone: whatever deltas have made must agree.
    for (int round = 0; round < 2; ++round) {
      for (Node& from : nodes_) {
        for (Node& to : nodes_) to.copy = absorb(std::move(to.copy), from.copy.record, to.name);
      }
    }
    for (const Node& node : nodes_) {
      check(node, "in the end");
      EXPECT_EQ(node.copy.record, nodes_[0].copy.record);
    }
  }

  std::size_t joined = 0;
  std::size_t lacking = 0;

 private:
  struct Node {
    std::string name;
    Copy copy;
    Stamp incarnation{1};
  };
  struct Message {
    Record record;  ///< of the sender, then
    std::optional<Bytes> delta;
  };

  std::size_t pick(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(chance_); }

  /// Random additions in place of random items; some expire, now and then the whole key is removed.
  void operate(Node& node) {
    WriteIntent intent;
    if (pick(10) == 0) {
      intent.remove = true;
    } else {
      intent.operation = [this](const VersionsThere& there, const auto&, const Actor&) -> Result<VersionChange> {
        VersionChange change;
        for (const Version& version : there.all) {
          if (pick(4) == 0) change.replaced.push_back(version.dot);
        }
        for (std::size_t left = pick(3); left > 0; --left) change.added.push_back(std::to_string(++last_value_));
        return change;
      };
      intent.max_bytes = 1 << 20;
      if (pick(6) == 0) intent.expires = Stamp::from_millis(now_ + pick(20));
    }
    if (pick(3) == 0) intent.op_id = generators::op_id(last_op_++);
    now_ += 1 + pick(3);
    const Stamp stamp = Stamp::from_millis(now_);
    const std::optional<OpId> op = intent.op_id;
    Result<WriteEffect> effect = apply_write(node.copy, std::move(intent), {node.name, node.incarnation, stamp, stamp});
    ASSERT_TRUE(effect.is_ok());
    note(node.copy.record, effect->copy.record, op, stamp, effect->dot);
    node.copy = effect->copy;
    check(node, "having signed");
    Message message{node.copy.record, {}};
    if (effect->delta) message.delta = encode_delta(*effect->delta);
    sent_.push_back(std::move(message));
  }

  void note(const Record& before, const Record& after, const std::optional<OpId>& op, Stamp stamp, const Dot& dot) {
    Event event;
    for (const Version& version : after.versions) {
      if (before.find(version.dot) == nullptr) event.added[version.dot] = version;
    }
    for (const Version& version : before.versions) {
      if (after.find(version.dot) == nullptr) event.removed.insert(version.dot);
    }
    if (op) event.op = OpResult{*op, stamp, dot};
    events_.push_back(std::move(event));
  }

  /// Any message that was ever sent, to anybody: what is never picked is lost.
  void deliver() {
    if (sent_.empty()) return;
    const Message& message = sent_[pick(2) == 0 ? pick(sent_.size()) : sent_.size() - 1];
    Node& to = nodes_[pick(kNodes)];
    if (message.delta && pick(5) != 0) {
      Result<Delta> delta = decode_delta(*message.delta);
      ASSERT_TRUE(delta.is_ok());
      if (!has_base(to.copy.record, *delta)) return void(++lacking);
      ++joined;
      const Record whole = merge(to.copy.record, message.record);
      to.copy = absorb(std::move(to.copy), std::move(*delta), to.name);
      if (whole.context == to.copy.record.context) {
        EXPECT_EQ(to.copy.record, whole) << "where nothing else was missing, it is as good as the record";
      }
      for (const Dot& dot : signed_in(message)) EXPECT_TRUE(to.copy.record.context.covers(dot));
    } else {
      to.copy = absorb(std::move(to.copy), message.record, to.name);
    }
    check(to, "having received");
  }

  static std::vector<Dot> signed_in(const Message& message) {
    std::vector<Dot> dots;
    const Delta delta = *decode_delta(*message.delta);
    for (const Version& version : delta.change.versions) dots.push_back(version.dot);
    return dots;
  }

  /// As after a start that no clean shutdown came before.
  void break_marks(Node& node) { node.incarnation = Stamp::from_millis(++now_); }

  void check(const Node& node, const char* when) {
    const Context& seen = node.copy.record.context;
    std::map<Dot, Version> expected;
    std::vector<OpResult> ops;
    for (const Event& event : events_) {
      if (!seen.covers(event.added.rbegin()->first)) continue;
      expected.insert(event.added.begin(), event.added.end());
      if (event.op) ops.push_back(*event.op);
    }
    for (const Event& event : events_) {
      if (!seen.covers(event.added.rbegin()->first)) continue;
      for (const Dot& dot : event.removed) {
        EXPECT_TRUE(seen.covers(dot)) << node.name << ", " << when << ": a removal without what it removed";
        expected.erase(dot);
      }
    }
    std::vector<Version> versions;
    for (const auto& [dot, version] : expected) versions.push_back(version);
    EXPECT_EQ(node.copy.record.versions, versions) << node.name << ", " << when;
    std::sort(ops.begin(), ops.end());
    if (ops.size() <= Record::kMaxOps) {
      EXPECT_EQ(node.copy.record.ops, ops) << node.name << ", " << when;
    }
  }

  std::mt19937_64 chance_;
  std::vector<Node> nodes_;
  std::vector<Message> sent_;
  std::vector<Event> events_;
  std::uint64_t now_ = 100;
  unsigned last_value_ = 0;
  std::uint64_t last_op_ = 0;
};

TEST(DeltaModel, ReplicasHoldWhatTheirContextsSayHoweverItCame) {
  std::size_t joined = 0;
  std::size_t lacking = 0;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    DeltaModel model(seed);
    model.run();
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
    joined += model.joined;
    lacking += model.lacking;
  }
  EXPECT_GT(joined, 1000u);
  EXPECT_GT(lacking, 1000u);
}

}  // namespace
}  // namespace stator
