#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "plugins/storage/memtable/memtable.h"
#include "stator/salvage.h"
#include "stator/testing/damage_tour.h"
#include "storage_plain_log.h"

// Storages that meet damage in the wrong way, and a tour that must notice.

namespace stator::testing {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Contents = std::map<Bytes, Bytes>;

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

/// A memtable that is examined by another than itself.
class ExaminedStorage final : public Storage, public Salvage {
 public:
  using Examine = std::function<Result<StorageFindings>(Salvage& honest, const Path& directory, const Visitor& visit)>;
  ExaminedStorage(Host& host, Examine examine) : honest_(host, {.segment_bytes = 4096}), examine_(std::move(examine)) {
    if (auto* offers = extension<SalvageOffers>(host)) offers->offer(*this);
  }
  Status open(const Path& directory) override { return honest_.open(directory); }
  Status write(WriteBatch batch) override { return honest_.write(batch); }
  Result<std::optional<Bytes>> get(BytesView key) override { return honest_.get(key); }
  Status scan(BytesView first, BytesView last, const Visitor& visit) override {
    return honest_.scan(first, last, visit);
  }
  Status checkpoint(const Path& directory) override { return honest_.checkpoint(directory); }
  StorageStats stats() const override { return honest_.stats(); }
  Result<StorageFindings> examine(const Path& directory, const Visitor& visit) override {
    return examine_(honest_, directory, visit);
  }

 private:
  memtable::Memtable honest_;
  const Examine examine_;
};

std::string violation_of(const ExaminedStorage::Examine& examine) {
  const StorageUnderTest storage{
      .make = [&examine](Host& host) { return std::make_unique<ExaminedStorage>(host, examine); }};
  return tour_damage(storage, {.batches = 8, .every = 17}).violation;
}

TEST(DamageTourLiars, AnHonestExaminationPasses) {
  EXPECT_EQ(violation_of([](Salvage& honest, const Path& directory, const Visitor& visit) {
              return honest.examine(directory, visit);
            }),
            "");
}

TEST(DamageTourLiars, FindsEverythingSound) {
  EXPECT_THAT(violation_of([](Salvage& honest, const Path& directory, const Visitor& visit) {
                Result<StorageFindings> findings = honest.examine(directory, visit);
                if (findings.is_ok()) findings->faults.clear();
                return findings;
              }),
              HasSubstr("finds no fault"));
}

TEST(DamageTourLiars, FindsFaultWithWhatOpens) {
  EXPECT_THAT(violation_of([](Salvage& honest, const Path& directory, const Visitor& visit) {
                Result<StorageFindings> findings = honest.examine(directory, visit);
                if (findings.is_ok() && findings->faults.empty())
                  findings->faults.push_back({directory + "/FORMAT", 0, 0, "it looks old"});
                return findings;
              }),
              AnyOf(HasSubstr("finds fault"), HasSubstr("no fault names the file")));
}

TEST(DamageTourLiars, InventsValues) {
  EXPECT_THAT(violation_of([](Salvage& honest, const Path& directory, const Visitor& visit) {
                Contents visited;
                Result<StorageFindings> findings =
                    honest.examine(directory, [&visited](BytesView key, BytesView value) {
                      visited.emplace(key, value);
                      return true;
                    });
                const bool damaged = findings.is_ok() && !findings->faults.empty();
                for (const auto& [key, value] : visited) visit(key, damaged ? value + "?" : value);
                return findings;
              }),
              HasSubstr("nobody wrote"));
}

TEST(DamageTourLiars, VisitsLessThanThereIs) {
  EXPECT_THAT(violation_of([](Salvage& honest, const Path& directory, const Visitor& visit) {
                bool first = true;
                return honest.examine(directory, [&](BytesView key, BytesView value) {
                  return std::exchange(first, false) || visit(key, value);
                });
              }),
              Not(IsEmpty()));
}

/// It keeps every law, crashes included, and takes any damage of its log for a torn end.
TEST(DamageTourLiars, CutsItsLogWhereItIsDamaged) {
  const StorageUnderTest storage{.make = [](Host& host) { return std::make_unique<PlainLog>(host.files()); }};
  EXPECT_NE(tour_damage(storage, {.batches = 8}).violation, "");
}

TEST(DamageTourLiars, DoesNotSayWhereTheDamageIs) {
  const StorageUnderTest storage{.make = [](Host& host) { return std::make_unique<VagueStorage>(host); }};
  EXPECT_NE(tour_damage(storage, {.batches = 8}).violation, "");
}

}  // namespace
}  // namespace stator::testing
