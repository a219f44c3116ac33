#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "kernel/causality/copy.h"
#include "kernel/replica/rows.h"
#include "stator/bytes.h"
#include "stator/status.h"
#include "stator/storage.h"

namespace stator {

/// Rows on their way to disk, over those that are stored: what each will be, and since which commit of its key.
struct RowInFlight {
  std::optional<Bytes> row;
  std::uint64_t commit = 0;
};
using RowsInFlight = std::map<Bytes, RowInFlight>;

/// Reads the rows of one copy as they will be when all that is in flight is stored. Lives for one task of the loop that
/// changes them. [its loop; without rows in flight any-thread, and then what changes meanwhile is read or not]
class RowReader final : public VersionRows {
 public:
  /// Both outlive it; `in_flight` may be null.
  RowReader(Storage& storage, Bytes prefix, const RowsInFlight* in_flight)
      : storage_(storage), prefix_(std::move(prefix)), in_flight_(in_flight) {}

  std::span<const Version> at(BytesView field) override { return load(field_place(field)); }
  std::span<const Version> beneath(BytesView prefix) override { return load(field_places(prefix)); }
  std::span<const Version> removals() override { return load(removal_place()); }
  const Version* given(const Dot& dot) const override;
  const Status& status() const override { return status_; }

  /// All of them, by dot.
  std::vector<Version> all();
  /// The one that stands there; absent if it does not.
  std::optional<Version> find(BytesView place, const Dot& dot);
  const Bytes& prefix() const { return prefix_; }

 private:
  std::vector<Version> read(const Bytes& first);
  std::span<const Version> load(const Bytes& places);
  void take(BytesView row, std::vector<Version>& versions);

  Storage& storage_;
  const Bytes prefix_;
  const RowsInFlight* const in_flight_;
  std::deque<std::vector<Version>> loaded_;
  std::map<Dot, const Version*> given_;
  Status status_;
};

}  // namespace stator
