#include "kernel/causality/record.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "kernel/causality/op_id.h"
#include "kernel/causality/record_codec.h"
#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

// Of two versions that claim one dot: any rule will do that every replica applies alike.
Version settle_corruption(Version a, Version b) {
  const auto rank = [](const Version& version) { return std::pair(version_digest(version), encode_version(version)); };
  return rank(a) < rank(b) ? std::move(b) : std::move(a);
}

struct Merger {
  const Context& a_seen;
  const Context& b_seen;
  std::vector<Version> kept;
  MergeReport report;

  void one_side(Version&& version, const Context& other_seen) {
    if (other_seen.covers(version.dot)) {
      ++report.dropped;
    } else {
      kept.push_back(std::move(version));
    }
  }
  void both_sides(Version&& a, Version&& b) {
    if (a == b) {
      kept.push_back(std::move(a));
    } else {
      report.corrupt = true;
      kept.push_back(settle_corruption(std::move(a), std::move(b)));
    }
  }
  void run(std::vector<Version>& a, std::vector<Version>& b) {
    auto i = a.begin();
    auto j = b.begin();
    while (i != a.end() || j != b.end()) {
      if (j == b.end() || (i != a.end() && i->dot < j->dot)) {
        one_side(std::move(*i++), b_seen);
      } else if (i == a.end() || j->dot < i->dot) {
        one_side(std::move(*j++), a_seen);
      } else {
        both_sides(std::move(*i++), std::move(*j++));
      }
    }
  }
};

// For each op its greatest (stamp, dot), then the newest kMaxOps ops. Whatever is cut here has kMaxOps newer ops above
// it in every later union too, so cutting early and cutting late agree.
std::vector<OpResult> merge_ops(std::vector<OpResult> a, std::vector<OpResult> b) {
  if (b.empty() || a == b) return a;
  if (a.empty()) return b;
  std::vector<OpResult> newest;
  newest.reserve(a.size() + b.size());
  auto i = a.begin();
  auto j = b.begin();
  while (i != a.end() && j != b.end()) {
    if (earlier_op(i->op, j->op)) {
      newest.push_back(std::move(*i++));
    } else if (earlier_op(j->op, i->op)) {
      newest.push_back(std::move(*j++));
    } else {
      newest.push_back(*i < *j ? std::move(*j) : std::move(*i));
      ++i, ++j;
    }
  }
  newest.insert(newest.end(), std::make_move_iterator(i), std::make_move_iterator(a.end()));
  newest.insert(newest.end(), std::make_move_iterator(j), std::make_move_iterator(b.end()));
  if (newest.size() > Record::kMaxOps) {
    std::vector<std::pair<Stamp, OpId>> ages;
    ages.reserve(newest.size());
    for (const OpResult& entry : newest) ages.emplace_back(entry.stamp, entry.op);
    const auto oldest_kept = ages.end() - Record::kMaxOps;
    std::nth_element(ages.begin(), oldest_kept, ages.end());
    std::erase_if(newest, [&](const OpResult& entry) { return std::pair(entry.stamp, entry.op) < *oldest_kept; });
  }
  return newest;
}

}  // namespace

bool Record::live() const {
  return std::any_of(versions.begin(), versions.end(), [](const Version& version) { return !version.tombstone; });
}

const Version* Record::find(const Dot& dot) const {
  auto at = std::lower_bound(versions.begin(), versions.end(), dot,
                             [](const Version& version, const Dot& wanted) { return version.dot < wanted; });
  return at != versions.end() && at->dot == dot ? &*at : nullptr;
}

Record merge(Record a, Record b, MergeReport* report) {
  const Context nothing;
  Merger merger{a.context, STATOR_SEEDED_BUG(merge_ignores_one_context) ? nothing : b.context, {}, {}};
  merger.run(a.versions, b.versions);
  if (report != nullptr) *report = merger.report;
  Record merged;
  merged.ops = merge_ops(std::move(a.ops), std::move(b.ops));
  merged.versions = std::move(merger.kept);
  merged.context = std::move(a.context);
  if (!STATOR_SEEDED_BUG(merge_keeps_older_context) || merged.context.empty()) merged.context.merge(b.context);
  return merged;
}

bool brings_value(const Record& here, const Record& arrived) {
  return std::any_of(arrived.versions.begin(), arrived.versions.end(), [&here](const Version& version) {
    return !version.tombstone && !here.context.covers(version.dot);
  });
}

std::vector<Version> visible_versions(const Record& record) {
  std::vector<Version> visible;
  for (const Version& version : record.versions) {
    const bool repeated = version.op_id && std::any_of(visible.begin(), visible.end(), [&](const Version& earlier) {
                            return earlier.op_id == version.op_id;
                          });
    if (!repeated) visible.push_back(version);
  }
  return visible;
}

}  // namespace stator
