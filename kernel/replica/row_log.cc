#include "kernel/replica/row_log.h"

#include <algorithm>
#include <utility>

namespace stator {
namespace {

constexpr std::size_t kMostRows = 16 << 10;  // that are remembered though their change has ended

}  // namespace

std::uint64_t RowLog::begin(std::vector<Bytes> rows) {
  std::lock_guard lock(mutex_);
  rows_ += rows.size();
  changes_.push_back({std::move(rows)});
  return moment_.begun++;
}

void RowLog::end(std::uint64_t change) {
  std::lock_guard lock(mutex_);
  changes_[change - (moment_.begun - changes_.size())].ended = ++moment_.ended;
  while (rows_ > kMostRows && !changes_.empty() && changes_.front().ended != kNotYet) {
    rows_ -= changes_.front().rows.size();
    forgotten_ = std::max(forgotten_, changes_.front().ended);
    changes_.pop_front();
  }
}

RowLog::Moment RowLog::now() const {
  std::lock_guard lock(mutex_);
  return moment_;
}

std::optional<std::vector<Bytes>> RowLog::since(const Moment& then, BytesView prefix) const {
  std::lock_guard lock(mutex_);
  if (forgotten_ > then.ended) return std::nullopt;
  std::vector<Bytes> rows;
  for (const Change& change : changes_) {
    if (change.ended <= then.ended) continue;
    for (const Bytes& row : change.rows) {
      if (row.starts_with(prefix)) rows.push_back(row);
    }
  }
  return rows;
}

bool RowLog::changing(BytesView prefix) const {
  std::lock_guard lock(mutex_);
  return std::any_of(changes_.begin(), changes_.end(), [&](const Change& change) {
    return change.ended == kNotYet && std::any_of(change.rows.begin(), change.rows.end(),
                                                  [&](const Bytes& row) { return row.starts_with(prefix); });
  });
}

}  // namespace stator
