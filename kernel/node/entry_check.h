#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "kernel/replica/row_tally.h"
#include "stator/bytes.h"
#include "stator/version.h"

namespace stator {

/// Reads the entries of a node's storage one by one as the kernel would, whoever wrote them. [serial]
class EntryCheck {
 public:
  struct Counts {
    std::uint64_t records = 0;
    std::uint64_t hints = 0;
    std::uint64_t cuts = 0;   ///< of collections
    std::uint64_t notes = 0;  ///< of the node about itself
    std::uint64_t rows = 0;   ///< of those records that are large
  };

  /// What is wrong with the entry, for people; empty if nothing, and then it is counted.
  std::string look_at(BytesView key, BytesView value);
  /// When all have been looked at, once: the large copies that are not whole. Their entries, each of which may be good,
  /// are not counted any more.
  std::vector<RowFit::Misfit> finish();

  const Counts& counts() const { return counts_; }
  /// Texts among the notes: "cluster", "node".
  const std::map<std::string, Bytes>& notes() const { return notes_; }
  /// No version and no note that was met is newer.
  Stamp newest() const { return newest_; }
  /// Of keyspaces that have entries, but no note that says which they are.
  std::set<std::uint16_t> unknown_keyspaces() const;

 private:
  std::string note(BytesView name, BytesView value);
  std::string record(BytesView key, BytesView value);
  std::string hint(BytesView key, BytesView value);
  std::string cut(BytesView key);
  std::string row(BytesView key, BytesView value);
  bool copy(BytesView value);
  bool head(BytesView key, BytesView value);

  Counts counts_;
  std::map<std::string, Bytes> notes_;
  std::set<std::uint16_t> used_;
  std::set<std::uint16_t> named_;
  Stamp newest_;
  RowFit rows_;
};

/// What is wrong with it, for people.
std::string describe(const RowFit::Misfit& misfit);

}  // namespace stator
