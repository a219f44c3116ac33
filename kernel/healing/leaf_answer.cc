#include "kernel/healing/leaf_answer.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "kernel/causality/copy.h"
#include "kernel/healing/leaf_scan.h"

namespace stator {
namespace {

constexpr std::size_t kReplyBytes = 512 << 10;
constexpr std::size_t kEntryBytes = 16;
constexpr std::size_t kMostEntries = 16384;  // of one leaf at a time

Partition partition_of_leaf(std::uint32_t leaf) { return static_cast<Partition>(leaf / MerkleTree::kLeaves); }

// One answer in the making: partition by partition, each with one scan.
class LeafAnswer {
 public:
  LeafAnswer(const PacedLoop& loop, RepairKeyspace& repair, LeafRequest request)
      : loop_(loop), repair_(repair), request_(std::move(request)) {}

  // The answer owns itself through the scan that it waits for.
  static void run(std::unique_ptr<LeafAnswer> self, UniqueFunction<void(Result<LeafReply>)> done) {
    LeafAnswer& answer = *self;
    if (!answer.next_partition()) {
      Executor& executor = answer.loop_.executor;
      executor.post([self = std::move(self), done = std::move(done)]() mutable { done(std::move(self->reply_)); });
      return;
    }
    const CopyRange range{*answer.repair_.keyspace.store, answer.repair_.keyspace.id, answer.partition_};
    scan_leaves(
        answer.loop_, range, answer.leaves_, [&answer](const LeafCopy& copy) { answer.take(copy); },
        [self = std::move(self), done = std::move(done)](const Status& outcome) mutable {
          if (!outcome.is_ok()) return done(outcome);
          self->close_partition();
          run(std::move(self), std::move(done));
        });
  }

  void refuse_busy(const std::string& peer, TimePoint now) {
    std::erase_if(request_.leaves, [&](const LeafQuestion& question) {
      const std::uint32_t partition = question.leaf / MerkleTree::kLeaves;
      if (partition >= repair_.trees.partitions()) return true;
      const bool comparable = repair_.comparable(static_cast<Partition>(partition));
      if (comparable && repair_.leases.take(static_cast<Partition>(partition), peer, now)) return false;
      if (std::find(reply_.busy.begin(), reply_.busy.end(), partition) == reply_.busy.end())
        reply_.busy.push_back(partition);
      return true;
    });
  }

 private:
  struct Asked {
    const LeafQuestion* question = nullptr;
    std::vector<LeafEntries::Entry> entries;
  };

  // Gathers the questions of the next partition; false when there are none, or no room.
  bool next_partition() {
    if (at_ == request_.leaves.size() || room_ == 0) return false;
    partition_ = partition_of_leaf(request_.leaves[at_].leaf);
    leaves_ = 0;
    asked_.clear();
    for (; at_ < request_.leaves.size() && partition_of_leaf(request_.leaves[at_].leaf) == partition_; ++at_) {
      const unsigned leaf = request_.leaves[at_].leaf % MerkleTree::kLeaves;
      leaves_ |= LeafSet{1} << leaf;
      asked_[leaf].question = &request_.leaves[at_];
    }
    return true;
  }

  void take(const LeafCopy& copy) {
    Asked& asked = asked_.at(MerkleTree::leaf_of(copy.key_hash));
    const LeafQuestion& question = *asked.question;
    const std::uint64_t entry = copy.entry();
    if (question.wanted.empty()) {
      if (entry >= question.from) asked.entries.push_back({entry, newest_stamp(copy.copy)});
      return;
    }
    if (room_ == 0 || !std::binary_search(question.wanted.begin(), question.wanted.end(), entry)) return;
    reply_.records.push_back({Bytes(copy.key), Bytes(record_bytes(copy.copy))});
    spend(copy.key.size() + copy.copy.size());
  }

  void close_partition() {
    if (!repair_.keyspace.vouches_for(partition_)) reply_.unsure.push_back(partition_);
    for (auto& [number, asked] : asked_) {
      if (!asked.question->wanted.empty() || room_ == 0) continue;
      std::sort(asked.entries.begin(), asked.entries.end(),
                [](const LeafEntries::Entry& a, const LeafEntries::Entry& b) { return a.hash < b.hash; });
      LeafEntries list{asked.question->leaf, std::move(asked.entries), 0};
      if (list.entries.size() > kMostEntries) {
        list.next = list.entries[kMostEntries].hash;
        list.entries.resize(kMostEntries);
      }
      spend(kEntryBytes * (1 + list.entries.size()));
      reply_.leaves.push_back(std::move(list));
    }
  }

  void spend(std::size_t bytes) { room_ -= std::min(room_, bytes); }

  const PacedLoop loop_;
  RepairKeyspace& repair_;
  LeafRequest request_;
  LeafReply reply_;
  std::size_t at_ = 0;
  std::size_t room_ = kReplyBytes;
  Partition partition_ = 0;
  LeafSet leaves_ = 0;
  std::map<unsigned, Asked> asked_;
};

}  // namespace

void answer_leaves(const PacedLoop& loop, RepairKeyspace& repair, const std::string& peer, LeafRequest request,
                   UniqueFunction<void(Result<LeafReply>)> done) {
  for (LeafQuestion& question : request.leaves) std::sort(question.wanted.begin(), question.wanted.end());
  std::sort(request.leaves.begin(), request.leaves.end(),
            [](const LeafQuestion& a, const LeafQuestion& b) { return a.leaf < b.leaf; });
  auto answer = std::make_unique<LeafAnswer>(loop, repair, std::move(request));
  answer->refuse_busy(peer, loop.executor.now());
  LeafAnswer::run(std::move(answer), std::move(done));
}

}  // namespace stator
