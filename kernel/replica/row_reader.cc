#include "kernel/replica/row_reader.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace stator {

void RowReader::take(BytesView row, std::vector<Version>& versions) {
  Result<Version> version = decode_row(row);
  if (version.is_ok()) return versions.push_back(*std::move(version));
  if (status_.is_ok()) status_ = version.status();
}

// Both ascend by row key, so they are merged.
std::vector<Version> RowReader::read(const Bytes& first) {
  std::vector<Version> versions;
  const Bytes last = prefix_end(first);
  const RowsInFlight none;
  const RowsInFlight& in_flight = in_flight_ != nullptr ? *in_flight_ : none;
  auto over = in_flight.lower_bound(first);
  const auto end = in_flight.lower_bound(last);
  const auto take_over = [&] {
    if (over->second.row) take(*over->second.row, versions);
    ++over;
  };
  const Status scanned = storage_.scan(first, last, [&](BytesView key, BytesView row) {
    while (over != end && over->first < key) take_over();
    if (over != end && over->first == key) {
      take_over();
    } else {
      take(row, versions);
    }
    return true;
  });
  while (over != end) take_over();
  if (!scanned.is_ok() && status_.is_ok()) status_ = scanned;
  return versions;
}

std::span<const Version> RowReader::load(const Bytes& places) {
  std::vector<Version>& versions = loaded_.emplace_back(read(prefix_ + places));
  std::sort(versions.begin(), versions.end(), [](const Version& a, const Version& b) {
    return std::forward_as_tuple(item_field(a.value), a.dot) < std::forward_as_tuple(item_field(b.value), b.dot);
  });
  if (places != removal_place()) {
    for (const Version& version : versions) given_.emplace(version.dot, &version);
  }
  return versions;
}

const Version* RowReader::given(const Dot& dot) const {
  const auto at = given_.find(dot);
  return at == given_.end() ? nullptr : at->second;
}

std::vector<Version> RowReader::all() {
  std::vector<Version> versions = read(prefix_);
  std::sort(versions.begin(), versions.end(), [](const Version& a, const Version& b) { return a.dot < b.dot; });
  return versions;
}

std::optional<Version> RowReader::find(BytesView place, const Dot& dot) {
  const Bytes key = row_key(prefix_, place, dot);
  std::vector<Version> versions;
  const auto over = in_flight_ != nullptr ? in_flight_->find(key) : RowsInFlight::const_iterator();
  if (in_flight_ != nullptr && over != in_flight_->end()) {
    if (over->second.row) take(*over->second.row, versions);
  } else {
    const Result<std::optional<Bytes>> row = storage_.get(key);
    if (!row.is_ok() && status_.is_ok()) status_ = row.status();
    if (row.is_ok() && *row) take(**row, versions);
  }
  return versions.empty() ? std::nullopt : std::optional(std::move(versions.front()));
}

}  // namespace stator
