#include "kernel/healing/leaf_answer.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "kernel/causality/copy.h"
#include "kernel/causality/head.h"
#include "kernel/causality/record_codec.h"
#include "kernel/healing/leaf_scan.h"
#include "kernel/replica/rows.h"
#include "kernel/replica/storage_keys.h"

namespace stator {
namespace {

constexpr std::size_t kReplyBytes = 512 << 10;
constexpr std::size_t kEntryBytes = 16;
constexpr std::size_t kMostEntries = 16384;  // of one leaf at a time

// About, where it is a head.
std::size_t whole_size(BytesView stored) {
  if (!is_head(stored)) return stored.size();
  const Result<Head> head = decode_head(stored);
  return stored.size() + (head.is_ok() ? head->cost : 0);
}

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
          read_large(std::move(self), std::move(done));
        });
  }

  // What was met as a head is read whole, one a turn: a visitor must not call the storage.
  static void read_large(std::unique_ptr<LeafAnswer> self, UniqueFunction<void(Result<LeafReply>)> done) {
    if (self->large_.empty()) {
      self->close_partition();
      return run(std::move(self), std::move(done));
    }
    const PacedLoop& loop = self->loop_;
    loop.executor.after(loop.rest(), [self = std::move(self), done = std::move(done)]() mutable {
      Store& store = *self->repair_.keyspace.store;
      Executor& executor = self->loop_.executor;
      const TimedWork work(executor, self->loop_.cpu);
      Bytes where = data_key(self->partition_, self->repair_.keyspace.id, self->large_.back());
      read_with(
          store.readers(), executor,
          [&store, where = std::move(where)] { return read_copy(store.storage(), store.row_log(), where); },
          [self = std::move(self), done = std::move(done)](const Result<std::optional<Copy>>& copy) mutable {
            if (!copy.is_ok() && copy.status().code() != Code::data_loss) return done(copy.status());
            self->take_large(copy);
            read_large(std::move(self), std::move(done));
          });
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
    spend(copy.key.size() + whole_size(copy.copy));
    if (is_head(copy.copy)) return large_.emplace_back(copy.key), void();
    reply_.records.push_back({Bytes(copy.key), Bytes(record_bytes(copy.copy))});
  }

  // What cannot be read is no record; the peer leaves it alone, as it does one that cannot be decoded.
  void take_large(const Result<std::optional<Copy>>& copy) {
    if (!copy.is_ok() || *copy)
      reply_.records.push_back({large_.back(), copy.is_ok() ? encode_record((*copy)->record) : Bytes()});
    large_.pop_back();
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
  std::vector<Bytes> large_;  // keys of copies that are wanted, and to be read
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
