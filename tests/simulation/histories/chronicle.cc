#include "tests/simulation/histories/chronicle.h"

#include <cstdio>
#include <numeric>

namespace stator::simulation {

void Tally::add(const Tally& other) {
  for (std::size_t i = 0; i < kFaultKinds; ++i) faults[i] += other.faults[i];
  for (std::size_t i = 0; i < kSeenKinds; ++i) seen[i] += other.seen[i];
  requests_sent += other.requests_sent;
  dropped += other.dropped;
  cut_off += other.cut_off;
  duplicated += other.duplicated;
  straggled += other.straggled;
}

std::uint64_t Tally::all_faults() const {
  return std::accumulate(faults.begin(), faults.end(), std::uint64_t{0}) + dropped + duplicated + straggled;
}

// Seconds since the history's beginning.
std::string Chronicle::when() const {
  const auto since = scheduler_.now().time_since_epoch() - std::chrono::hours(1);
  char text[32];
  std::snprintf(text, sizeof text, "%12.6f", std::chrono::duration<double>(since).count());
  return text;
}

void Chronicle::line(const std::string& text) {
  if (trace_) lines_ += when() + " " + text + "\n";
}

void Chronicle::note(std::uint64_t event) {
  const auto now = static_cast<std::uint64_t>(scheduler_.now().time_since_epoch().count());
  digest_ = (digest_ ^ event) * 0x100000001b3ULL;
  digest_ = (digest_ ^ (digest_ >> 29) ^ now) * 0xbf58476d1ce4e5b9ULL;
}

void Chronicle::violated(const std::string& what) {
  if (!violation_) violation_ = "after" + when() + " s: " + what;
  line("VIOLATION " + what);
}

}  // namespace stator::simulation
