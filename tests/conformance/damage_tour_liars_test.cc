#include <gtest/gtest.h>

#include <memory>

#include "plugins/storage/memtable/memtable.h"
#include "stator/testing/damage_tour.h"
#include "storage_plain_log.h"

// Storages that meet damage in the wrong way, and a tour that must notice.

namespace stator::testing {
namespace {

/// A memtable that says less than it knows.
class VagueStorage final : public Storage {
 public:
  explicit VagueStorage(Host& host) : exact_(host, {.segment_bytes = 4096}) {}
  Status open(const Path& directory) override {
    Status opened = exact_.open(directory);
    return opened.is_ok() ? opened : Status(opened.code(), "the data is damaged");
  }
  Status write(WriteBatch batch) override { return exact_.write(batch); }
  Result<std::optional<Bytes>> get(BytesView key) override { return exact_.get(key); }
  Status scan(BytesView first, BytesView last, const Visitor& visit) override {
    return exact_.scan(first, last, visit);
  }
  Status checkpoint(const Path& directory) override { return exact_.checkpoint(directory); }
  StorageStats stats() const override { return exact_.stats(); }

 private:
  memtable::Memtable exact_;
};

/// It keeps every law, crashes included, and takes any damage of its log for a torn end.
TEST(DamageTourLiars, CutsItsLogWhereItIsDamaged) {
  const StorageUnderTest storage{.make = [](Host& host) { return std::make_unique<PlainLog>(host, true); }};
  EXPECT_NE(tour_damage(storage, {.batches = 8}).violation, "");
}

TEST(DamageTourLiars, DoesNotSayWhereTheDamageIs) {
  const StorageUnderTest storage{.make = [](Host& host) { return std::make_unique<VagueStorage>(host); }};
  EXPECT_NE(tour_damage(storage, {.batches = 8}).violation, "");
}

}  // namespace
}  // namespace stator::testing
