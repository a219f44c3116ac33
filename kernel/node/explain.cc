#include "kernel/node/explain.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "kernel/node/explain_page.h"
#include "kernel/node/key_report.h"
#include "kernel/node/member_state.h"

namespace stator {
namespace {

constexpr std::chrono::seconds kPatience{1};

/// All members in the order of the key's preference list: its primaries, then those that stand in for them.
std::vector<ExplainedKey::Node> members_in_order(const Node& node, const Keyspace& keyspace, Partition partition) {
  const auto placement = keyspace.current_placement();
  std::vector<ExplainedKey::Node> all;
  for (const std::string& id : placement->holders(partition)) all.push_back({id, true, {}, {}, {}});
  for (const std::string& id : placement->fallbacks(partition)) all.push_back({id, false, {}, {}, {}});
  const auto ring = node.ring(node.membership_of(keyspace.rules.name));
  for (ExplainedKey::Node& entry : all) {
    for (const Member& member : ring->members) {
      if (member.id == entry.id) entry.state = state_name(member.state);
    }
  }
  return all;
}

}  // namespace

// Shared by the answers it waits for. They come on one loop.
struct Explain::Inquiry {
  ExplainedKey found;
  std::size_t awaited;
  Done done;
  bool own_known = false;

  /// What this node says of itself, or that it took too long over it: the first of the two.
  void add_own(std::size_t node, Result<KeyReport> report) {
    if (!std::exchange(own_known, true)) add(node, std::move(report));
  }
  void add(std::size_t node, Result<KeyReport> report) {
    if (report.is_ok()) {
      found.nodes[node].report = std::move(*report);
    } else {
      found.nodes[node].failure = report.status().text();
    }
    if (--awaited == 0) done(explain_page(found));
  }
};

void Explain::ask(const Keyspace& keyspace, const RequestHead& head, Done done) const {
  Executor& home = node_.here().executor;
  if (head.key.empty()) {
    return home.post([done = std::move(done)]() mutable { done(Status(Code::invalid_argument, "the key is empty")); });
  }
  const TimePoint now = home.now();
  const TimePoint deadline = std::min(head.deadline.value_or(TimePoint::max()), now + kPatience);
  const Partition partition = node_.partition_of_key(keyspace, head.key);
  const std::string& self = node_.identity().node;
  auto nodes = members_in_order(node_, keyspace, partition);
  const std::size_t awaited = nodes.size();
  ExplainedKey found{keyspace, head.key, partition, self, home.wall_millis(), std::move(nodes)};
  // shared: by the answers it waits for
  auto inquiry = std::make_shared<Inquiry>(Inquiry{std::move(found), awaited, std::move(done)});

  const Frame frame = encode_key_question({keyspace.rules.name, head.key}, {deadline, head.trace_id}, now);
  PeerLinks& links = node_.links_here();
  for (std::size_t i = 0; i < awaited; ++i) {
    const std::string& id = inquiry->found.nodes[i].id;
    if (id == self) {
      node_.shard_of(partition).executor.post([this, inquiry, i, &home] {
        report_key(node_, inquiry->found.keyspace, inquiry->found.key, [inquiry, i, &home](Result<KeyReport> report) {
          home.post([inquiry, i, report = std::move(report)]() mutable { inquiry->add_own(i, std::move(report)); });
        });
      });
      home.after(deadline - now, [inquiry, i] {
        inquiry->add_own(i, Status(Code::deadline_exceeded, "its storage has not answered in time"));
      });
      continue;
    }
    links.call(id, {"explain", frame, deadline}, [inquiry, i](Result<Frame> reply) {
      inquiry->add(i, reply.is_ok() ? decode_key_report(**reply) : Result<KeyReport>(reply.status()));
    });
  }
}

}  // namespace stator
