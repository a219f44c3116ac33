#include "kernel/healing/sifter.h"

#include <algorithm>
#include <utility>

#include "kernel/healing/leaf_scan.h"
#include "kernel/healing/partition_scan.h"
#include "kernel/replica/keys_ahead.h"

namespace stator {
namespace {

constexpr SliceLimit kBatch{256, 1 << 20};
constexpr std::size_t kTurn = 128;  // copies and empty partitions
constexpr std::chrono::seconds kAnswerWithin{2};
constexpr std::chrono::milliseconds kRest{250};

}  // namespace

void Sifter::begin() {
  if (ended_) return;
  again_ = true;
  if (!std::exchange(working_, true)) begin_pass();
}

void Sifter::begin_pass() {
  timer_ = 0;
  again_ = undecided_ = false;
  silent_.clear();
  keyspace_ = partition_ = 0;
  room_ = 0;  // not in the turn that found it out
  next_partition();
}

void Sifter::end() {
  ended_ = true;
  parts_.executor.cancel(std::exchange(timer_, 0));
  count_.reset();
}

KeyAddress Sifter::address(const Bytes& key) const {
  return {*repair().keyspace.store, static_cast<Partition>(partition_), repair().keyspace.id, key};
}

void Sifter::next_partition() {
  for (; keyspace_ < options_.keyspaces.size(); ++keyspace_, partition_ = 0) {
    for (; partition_ < repair().trees.partitions(); ++partition_) {
      const auto partition = static_cast<Partition>(partition_);
      if (!options_.mine(partition) || !repair().suspicion.is_open(partition)) continue;
      from_.clear();
      return next_batch();
    }
  }
  if (again_) return begin_pass();
  if (undecided_) {
    ++parts_.counters.sifted_again;
    timer_ = parts_.executor.after(kRest, [this] { begin_pass(); });
    return;
  }
  working_ = false;
  ++parts_.counters.sifted;
  parts_.sifted();
}

void Sifter::next_batch() {
  if (ended_) return;  // what was being given up then has left since
  if (room_ > 0) return find_batch();
  room_ = kTurn;
  timer_ = parts_.executor.after(Duration(0), [this] { find_batch(); });
}

void Sifter::find_batch() {
  timer_ = 0;
  keys_.clear();
  const CopyRange range{*repair().keyspace.store, repair().keyspace.id, static_cast<Partition>(partition_)};
  --room_;
  read_slices_ahead(parts_.executor, {{range, from_}}, kBatch, [this] {
    if (!ended_) find_read();
  });
}

void Sifter::find_read() {
  const auto partition = static_cast<Partition>(partition_);
  const CopyRange range{*repair().keyspace.store, repair().keyspace.id, partition};
  Result<std::optional<Bytes>> next = scan_slice(range, from_, kBatch, [&](BytesView key, BytesView copy) {
    room_ -= std::min<std::size_t>(room_, 1);
    if (repair().suspicion.suspects(partition, newest_stamp(copy))) keys_.emplace_back(key);
  });
  if (!next.is_ok()) return leave_partition();
  next_ = std::move(*next);
  if (keys_.empty()) return end_batch();
  const auto placement = repair().keyspace.current_placement();
  std::vector<std::string> others = placement->holders(partition);
  const std::size_t enough =
      others_with_every_write(others.size(), static_cast<std::size_t>(repair().keyspace.rules.w));
  std::erase(others, options_.node);
  count_.emplace(keys_.size(), std::move(others), enough);
  failed_ = false;
  judge();
}

void Sifter::ask() {
  std::vector<Bytes> keys;
  for (const std::size_t copy : count_->open()) keys.push_back(storage_key_of(address(keys_[copy])));
  read_keys_ahead(*repair().keyspace.store, parts_.executor, std::move(keys), [this] {
    if (count_) ask_read();
  });
}

void Sifter::ask_read() {
  const auto peer = std::find_if(count_->unasked().begin(), count_->unasked().end(),
                                 [&](const std::string& node) { return !silent_.contains(node); });
  if (peer == count_->unasked().end()) return leave_partition();
  VouchRequest request{repair().keyspace.rules.name, {}};
  std::vector<std::size_t> asked;
  for (const std::size_t copy : count_->open()) {
    const Result<std::optional<Bytes>> stored =
        repair().keyspace.store->storage().get(storage_key_of(address(keys_[copy])));
    if (!stored.is_ok()) return leave_partition();
    Result<Context> seen = *stored ? stored_context(**stored) : Context();
    if (!seen.is_ok()) return leave_partition();
    request.copies.push_back({keys_[copy], std::move(*seen)});
    asked.push_back(copy);
  }
  const TimePoint now = parts_.executor.now();
  const TimePoint deadline = now + kAnswerWithin;
  parts_.links.call(
      *peer, {"vouch", encode_vouch_request(request, {deadline, {}}, now), deadline},
      [this, peer = *peer, asked = std::move(asked)](const Result<Frame>& reply) { answered(peer, asked, reply); });
}

void Sifter::answered(const std::string& peer, const std::vector<std::size_t>& asked, const Result<Frame>& reply) {
  if (!count_) return;
  const Result<VouchReply> told = reply.is_ok() ? decode_vouch_reply(**reply) : Result<VouchReply>(reply.status());
  if (told.is_ok() && told->knows.size() == asked.size()) {
    count_->answered(peer, asked, told->knows, told->in_doubt);
  } else {
    silent_.insert(peer);
  }
  judge();
}

void Sifter::judge() {
  if (!count_->open().empty()) return ask();
  leaving_ = 1;  // this turn
  for (std::size_t copy = 0; copy < keys_.size(); ++copy) {
    const bool kept = count_->verdict(copy) == VouchCount::Verdict::kept;
    ++(kept ? parts_.counters.vouched_for : parts_.counters.given_up);
    if (!kept) give_up(keys_[copy]);
  }
  count_.reset();
  if (--leaving_ == 0) end_batch();
}

void Sifter::give_up(const Bytes& key) {
  ++leaving_;
  parts_.replica.remove(address(key), [this](const Status& outcome) {
    failed_ = failed_ || !outcome.is_ok();
    if (--leaving_ == 0) failed_ ? leave_partition() : end_batch();
  });
}

void Sifter::end_batch() {
  if (next_) {
    from_ = std::move(*next_);
    return next_batch();
  }
  repair().suspicion.settle(static_cast<Partition>(partition_));
  next_partition();
}

// It stays suspect until the next pass; the others do not wait for it.
void Sifter::leave_partition() {
  count_.reset();
  undecided_ = true;
  ++partition_;
  if (!ended_) next_partition();
}

}  // namespace stator
