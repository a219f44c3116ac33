#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engines.h"
#include "stator/testing/storage_laws.h"
#include "storage_plain_log.h"

// Every storage of the tree against every other on the same logs of operations, and storages on real files that are
// wrong in one way each.

namespace stator::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A directory for one storage, removed with everything in it.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "stator_agreement_XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const Path& path() const { return path_; }

 private:
  Path path_;
};

StorageUnderTest memtable_storage(std::uint64_t seed = 1) {
  return {.make = [](Host& host) { return make_engine("memtable", host, 4096); }, .seed = seed};
}

StorageUnderTest plain_log() {
  return {.make = [](Host& host) { return std::make_unique<PlainLog>(host.files()); }};
}

StorageUnderTest rocks_storage(const Scratch& scratch) {
  return {.make = [](Host& host) { return make_engine("rocksdb", host, 64 << 10); },
          .directory = scratch.path(),
          .counts_keys = false};
}

TEST(StorageAgreement, MemtableAndRocksDbAnswerTheSameLogAlike) {
  for (std::uint64_t seed : {1, 2}) {
    Scratch scratch;
    EXPECT_THAT(storage_disagreements(memtable_storage(seed), rocks_storage(scratch)), IsEmpty()) << "seed " << seed;
  }
}

TEST(StorageAgreement, AThirdImplementationAnswersItAlikeToo) {
  EXPECT_THAT(storage_disagreements(memtable_storage(), plain_log()), IsEmpty());
}

/// What a liar does instead of what it was asked to.
enum class Lie {
  none,
  holds_back_a_write,      ///< until the next, or until it is closed in peace
  orders_bytes_as_signed,  ///< in scans; everything else is right
  takes_empty_for_absent,
};

/// A storage that is right, behind a front that is not.
class LyingFront final : public Storage {
 public:
  LyingFront(std::unique_ptr<Storage> honest, Lie lie) : honest_(std::move(honest)), lie_(lie) {}
  ~LyingFront() override { flush(); }
  Status open(const Path& directory) override { return honest_->open(directory); }
  Status write(WriteBatch batch) override {
    flush();
    if (lie_ != Lie::holds_back_a_write) return honest_->write(batch);
    for (const Mutation& mutation : batch)
      held_back_.push_back({Bytes(mutation.key), Bytes(mutation.value), mutation.remove});
    return Status::ok();
  }
  Result<std::optional<Bytes>> get(BytesView key) override {
    flush();
    Result<std::optional<Bytes>> found = honest_->get(key);
    if (lie_ == Lie::takes_empty_for_absent && found.is_ok() && *found && (*found)->empty())
      return std::optional<Bytes>();
    return found;
  }
  Status scan(BytesView first, BytesView last, const Visitor& visit) override {
    flush();
    if (lie_ != Lie::orders_bytes_as_signed) return honest_->scan(first, last, visit);
    std::vector<std::pair<Bytes, Bytes>> entries;
    Status scanned = honest_->scan(first, last, [&](BytesView key, BytesView value) {
      entries.emplace_back(key, value);
      return true;
    });
    std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
      return std::lexicographical_compare(a.first.begin(), a.first.end(), b.first.begin(), b.first.end(),
                                          [](char x, char y) { return (x ^ 0x80) < (y ^ 0x80); });
    });
    for (const auto& [key, value] : entries) {
      if (!visit(key, value)) break;
    }
    return scanned;
  }
  Status checkpoint(const Path& directory) override {
    flush();
    return honest_->checkpoint(directory);
  }
  StorageStats stats() const override { return honest_->stats(); }

 private:
  struct Held {
    Bytes key;
    Bytes value;
    bool remove;
  };
  void flush() {
    if (held_back_.empty()) return;
    std::vector<Mutation> batch;
    for (const Held& held : held_back_) batch.push_back({held.key, held.value, held.remove});
    if (!honest_->write(batch).is_ok()) std::abort();
    held_back_.clear();
  }

  const std::unique_ptr<Storage> honest_;
  const Lie lie_;
  std::vector<Held> held_back_;
};

StorageUnderTest lying(StorageUnderTest honest, Lie lie) {
  honest.make = [make = honest.make, lie](Host& host) { return std::make_unique<LyingFront>(make(host), lie); };
  return honest;
}

TEST(StorageAgreement, OfALiarAndAnHonestOneThereIsNone) {
  EXPECT_THAT(storage_disagreements(memtable_storage(), lying(memtable_storage(), Lie::none)), IsEmpty());
  for (Lie lie : {Lie::orders_bytes_as_signed, Lie::takes_empty_for_absent})
    EXPECT_FALSE(storage_disagreements(memtable_storage(), lying(memtable_storage(), lie)).empty())
        << static_cast<int>(lie);
}

/// Tries the law alone: the whole suite on real files is each plugin's own test.
bool survives_kill_9(const StorageUnderTest& storage) {
  const auto laws = storage_laws();
  const auto law = std::find_if(laws.begin(), laws.end(), [](const StorageLaw& each) {
    return std::string_view(each.name) == "AcknowledgedWritesSurviveKill9";
  });
  return law != laws.end() && applies(*law, storage) && law->violations(storage).empty();
}

TEST(StorageLiarsOnRealFiles, HoldBackTheLastWrite) {
  Scratch honest;
  EXPECT_TRUE(survives_kill_9(lying(rocks_storage(honest), Lie::none)));
  Scratch liar;
  EXPECT_FALSE(survives_kill_9(lying(rocks_storage(liar), Lie::holds_back_a_write)));
}

}  // namespace
}  // namespace stator::testing
