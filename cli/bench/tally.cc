#include "cli/bench/tally.h"

namespace stator::cli {

void Tally::merge(const Tally& other) {
  reads.merge(other.reads);
  writes.merge(other.writes);
  missing += other.missing;
  failed += other.failed;
  unsent += other.unsent;
  for (const auto& [kind, count] : other.errors) {
    errors[kind] += count;
  }
}

}  // namespace stator::cli
