#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "plugins/storage/memtable/memtable.h"
#include "stator/testing/fake_host.h"
#include "stator/testing/storage_laws.h"
#include "storage_plain_log.h"

// Storages that are wrong in one way each, and the laws, all of them, that must notice.

namespace stator::testing {
namespace {

constexpr memtable::Memtable::Options kSmall{.segment_bytes = 4096, .snapshot_after_bytes = 5000};

/// What a liar does instead of what it was asked to.
enum class Lie {
  none,
  skips_sync,
  skips_directory_sync,
  retries_failed_sync,
  skips_lock,
  closes_ranges,
  splits_batches,
  first_mutation_wins,
  forgets_checkpoint_log,
  finds_absent_keys,
  shortens_large_values,
  reads_behind_the_writer,
  hides_a_full_disk,
};

class LyingFile final : public File {
 public:
  LyingFile(std::unique_ptr<File> honest, Lie lie) : honest_(std::move(honest)), lie_(lie) {}
  Status write(std::uint64_t offset, BytesView data) override { return honest_->write(offset, data); }
  Result<Bytes> read(std::uint64_t offset, std::size_t size) override { return honest_->read(offset, size); }
  Result<std::uint64_t> size() override { return honest_->size(); }
  Status resize(std::uint64_t size) override { return honest_->resize(size); }
  Status sync() override {
    if (lie_ == Lie::skips_sync) return Status::ok();
    Status synced = honest_->sync();
    return lie_ == Lie::retries_failed_sync && !synced.is_ok() ? honest_->sync() : synced;
  }

 private:
  std::unique_ptr<File> honest_;
  Lie lie_;
};

class LyingFiles final : public Files {
 public:
  LyingFiles(Files& honest, Lie lie) : honest_(honest), lie_(lie) {}
  Result<std::unique_ptr<File>> open(const Path& path, OpenMode mode) override {
    Result<std::unique_ptr<File>> file = honest_.open(path, mode);
    if (!file.is_ok()) return file;
    return std::unique_ptr<File>(std::make_unique<LyingFile>(std::move(*file), lie_));
  }
  Status rename(const Path& from, const Path& to) override { return honest_.rename(from, to); }
  Status remove(const Path& path) override { return honest_.remove(path); }
  Result<std::vector<std::string>> list(const Path& directory) override { return honest_.list(directory); }
  Status create_directory(const Path& directory) override { return honest_.create_directory(directory); }
  Status sync_directory(const Path& directory) override {
    return lie_ == Lie::skips_directory_sync ? Status::ok() : honest_.sync_directory(directory);
  }
  Result<std::unique_ptr<FileLock>> lock(const Path& path) override {
    if (lie_ == Lie::skips_lock) return std::make_unique<FileLock>();
    return honest_.lock(path);
  }

 private:
  Files& honest_;
  Lie lie_;
};

/// The host as it is, but for its files.
class LyingHost final : public Host {
 public:
  LyingHost(Host& honest, Lie lie) : honest_(honest), files_(honest.files(), lie) {}
  void log(LogLevel level, std::string_view text) override { honest_.log(level, text); }
  TimePoint now() const override { return honest_.now(); }
  Stamp stamp() override { return honest_.stamp(); }
  std::uint64_t random() override { return honest_.random(); }
  void post(Task task) override { honest_.post(std::move(task)); }
  TimerId after(Duration delay, Task task) override { return honest_.after(delay, std::move(task)); }
  void cancel(TimerId timer) override { honest_.cancel(timer); }
  Files& files() override { return files_; }
  void* extension(std::string_view id) override { return honest_.extension(id); }

 private:
  Host& honest_;
  LyingFiles files_;
};

/// A memtable that is right, behind a front that is not.
class LyingStorage final : public Storage {
 public:
  LyingStorage(Host& host, Lie lie) : host_(host, lie), lie_(lie), honest_(host_, kSmall) {}
  Status open(const Path& directory) override { return honest_.open(directory); }
  Status write(WriteBatch batch) override {
    if (lie_ == Lie::first_mutation_wins) return write_reversed(batch);
    if (lie_ == Lie::shortens_large_values) return write_shortened(batch);
    if (lie_ == Lie::reads_behind_the_writer) note_what_was(batch);
    if (lie_ != Lie::splits_batches) return renamed(honest_.write(batch));
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (Status written = honest_.write(batch.subspan(i, 1)); !written.is_ok()) return written;
    }
    return Status::ok();
  }
  Result<std::optional<Bytes>> get(BytesView key) override {
    if (lie_ == Lie::reads_behind_the_writer) {
      std::lock_guard lock(mutex_);
      const auto was = was_.find(Bytes(key));
      if (was != was_.end() && std::this_thread::get_id() != writer_) return was->second;
    }
    Result<std::optional<Bytes>> got = honest_.get(key);
    if (lie_ == Lie::finds_absent_keys && got.is_ok() && !*got) return std::optional(Bytes());
    return got;
  }
  Status scan(BytesView first, BytesView last, const Visitor& visit) override {
    const Bytes after(Bytes(last) + '\0');
    return honest_.scan(first, lie_ == Lie::closes_ranges && !last.empty() ? BytesView(after) : last, visit);
  }
  Status checkpoint(const Path& directory) override {
    if (lie_ != Lie::forgets_checkpoint_log) return honest_.checkpoint(directory);
    if (Result<std::vector<std::string>> names = host_.files().list(directory); names.is_ok() && !names->empty()) {
      return Status(Code::failed_precondition, directory + " is not empty");
    }
    return memtable::Memtable(host_, kSmall).open(directory);
  }
  StorageStats stats() const override { return honest_.stats(); }

 private:
  Status write_reversed(WriteBatch batch) {
    const std::vector<Mutation> reversed(batch.rbegin(), batch.rend());
    return honest_.write(reversed);
  }

  Status write_shortened(WriteBatch batch) {
    std::vector<Mutation> shortened(batch.begin(), batch.end());
    for (Mutation& mutation : shortened) mutation.value = mutation.value.substr(0, 1 << 20);
    return honest_.write(shortened);
  }
  Status renamed(Status written) const {
    const bool hides = lie_ == Lie::hides_a_full_disk && written.code() == Code::storage_full;
    return hides ? Status(Code::internal, written.message()) : written;
  }
  /// What other threads are shown until the next write of the key.
  void note_what_was(WriteBatch batch) {
    std::lock_guard lock(mutex_);
    writer_ = std::this_thread::get_id();
    for (const Mutation& mutation : batch) {
      Result<std::optional<Bytes>> held = honest_.get(mutation.key);
      if (held.is_ok()) was_[Bytes(mutation.key)] = std::move(*held);
    }
  }

  LyingHost host_;
  Lie lie_;
  memtable::Memtable honest_;
  std::mutex mutex_;
  std::thread::id writer_;
  std::map<Bytes, std::optional<Bytes>> was_;
};

std::vector<std::string> broken_laws(const StorageUnderTest& storage) {
  std::vector<std::string> names;
  for (const StorageLaw& law : storage_laws()) {
    if (applies(law, storage) && !law.violations(storage).empty()) names.emplace_back(law.name);
  }
  return names;
}

std::vector<std::string> broken_by(Lie lie) {
  return broken_laws({.make = [lie](Host& host) { return std::make_unique<LyingStorage>(host, lie); }});
}

std::vector<std::string> broken_by_plain_log(bool checks_generation) {
  return broken_laws({.make = [=](Host& host) { return std::make_unique<PlainLog>(host, checks_generation); }});
}

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(StorageLiars, AnHonestFrontBreaksNoLaw) { EXPECT_THAT(broken_by(Lie::none), IsEmpty()); }

TEST(StorageLiars, AnotherImplementationBreaksNoLaw) { EXPECT_THAT(broken_by_plain_log(true), IsEmpty()); }

TEST(StorageLiars, AcknowledgesBeforeTheSync) {
  EXPECT_THAT(broken_by(Lie::skips_sync), ElementsAre("AcknowledgedWritesSurviveAPowerCut", "StopsAfterAFailedSync"));
}

TEST(StorageLiars, ForgetsToSyncTheDirectory) {
  EXPECT_THAT(broken_by(Lie::skips_directory_sync),
              ElementsAre("AcknowledgedWritesSurviveAPowerCut", "StopsAfterAFailedSync"));
}

TEST(StorageLiars, TriesAFailedSyncAgain) {
  EXPECT_THAT(broken_by(Lie::retries_failed_sync), ElementsAre("StopsAfterAFailedSync"));
}

TEST(StorageLiars, LetsASecondProcessIn) {
  EXPECT_THAT(broken_by(Lie::skips_lock), ElementsAre("RefusesASecondOpener"));
}

TEST(StorageLiars, ScansToTheLastKeyIncluded) {
  EXPECT_THAT(broken_by(Lie::closes_ranges), ElementsAre("ScansHalfOpenRangesInByteOrder"));
}

TEST(StorageLiars, ReplaysHalfABatch) {
  EXPECT_THAT(broken_by(Lie::splits_batches), ElementsAre("BatchesAreWholeAfterAPowerCut"));
}

TEST(StorageLiars, LetsTheFirstMutationOfAKeyWin) {
  EXPECT_THAT(broken_by(Lie::first_mutation_wins), ::testing::Contains("LaterMutationOfAKeyWins"));
}

TEST(StorageLiars, ChecksPointsWithNothingInThem) {
  EXPECT_THAT(broken_by(Lie::forgets_checkpoint_log), ElementsAre("CheckpointsOpenAsTheStorageWas"));
}

TEST(StorageLiars, FindsKeysThatAreNotThere) {
  EXPECT_THAT(broken_by(Lie::finds_absent_keys), ElementsAre("AgreesWithAMap"));
}

TEST(StorageLiars, ShortensLargeValues) {
  EXPECT_THAT(broken_by(Lie::shortens_large_values), ElementsAre("KeepsEmptyAndLargeValues"));
}

TEST(StorageLiars, ReadsOneWriteBehind) {
  EXPECT_THAT(broken_by(Lie::reads_behind_the_writer), ElementsAre("ReadersRunBesideTheWriter"));
}

TEST(StorageLiars, CallsAFullDiskAnError) {
  EXPECT_THAT(broken_by(Lie::hides_a_full_disk), ElementsAre("SaysWhenTheDiskIsFull"));
}

TEST(StorageLiars, TakesFramesOfARecycledLogForNewOnes) {
  // What comes back is old, wherever the log was begun anew; now and then it looks like half of a batch.
  EXPECT_THAT(broken_by_plain_log(false), ElementsAre("ReopensAsItWasClosed", "AcknowledgedWritesSurviveAKill",
                                                      "AcknowledgedWritesSurviveAPowerCut",
                                                      "BatchesAreWholeAfterAPowerCut", "StopsAfterAFailedSync"));
}

}  // namespace
}  // namespace stator::testing
