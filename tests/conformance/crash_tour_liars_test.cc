#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "plugins/storage/memtable/memtable.h"
#include "stator/testing/crash_tour.h"
#include "stator/testing/fake_host.h"
#include "storage_plain_log.h"

// Storages with one mistake each, of those that only a crash shows, and a tour that must meet it.

namespace stator::testing {
namespace {

constexpr memtable::Memtable::Options kSmall{.segment_bytes = 4096, .snapshot_after_bytes = 5000};

enum class Mistake {
  none,
  acknowledges_before_the_sync,
  renames_without_a_directory_sync,
  drops_the_log_before_the_snapshot_is_durable,
  writes_a_batch_piece_by_piece,
};

class CarelessFile final : public File {
 public:
  CarelessFile(std::unique_ptr<File> careful, bool syncs) : careful_(std::move(careful)), syncs_(syncs) {}
  Status write(std::uint64_t offset, BytesView data) override { return careful_->write(offset, data); }
  Result<Bytes> read(std::uint64_t offset, std::size_t size) override { return careful_->read(offset, size); }
  Result<std::uint64_t> size() override { return careful_->size(); }
  Status resize(std::uint64_t size) override { return careful_->resize(size); }
  Status sync() override { return syncs_ ? careful_->sync() : Status::ok(); }

 private:
  std::unique_ptr<File> careful_;
  bool syncs_;
};

class CarelessFiles final : public Files {
 public:
  CarelessFiles(Files& careful, Mistake mistake) : careful_(careful), mistake_(mistake) {}
  Result<std::unique_ptr<File>> open(const Path& path, OpenMode mode) override {
    Result<std::unique_ptr<File>> file = careful_.open(path, mode);
    if (!file.is_ok()) return file;
    return std::unique_ptr<File>(std::make_unique<CarelessFile>(std::move(*file), syncs(path)));
  }
  Status rename(const Path& from, const Path& to) override { return careful_.rename(from, to); }
  Status remove(const Path& path) override { return careful_.remove(path); }
  Result<std::vector<std::string>> list(const Path& directory) override { return careful_.list(directory); }
  Status create_directory(const Path& directory) override { return careful_.create_directory(directory); }
  Status sync_directory(const Path& directory) override {
    return mistake_ == Mistake::renames_without_a_directory_sync ? Status::ok() : careful_.sync_directory(directory);
  }
  Result<std::unique_ptr<FileLock>> lock(const Path& path) override { return careful_.lock(path); }

 private:
  bool syncs(const Path& path) const {
    if (mistake_ == Mistake::acknowledges_before_the_sync) return !path.ends_with(".wal");
    return mistake_ != Mistake::drops_the_log_before_the_snapshot_is_durable || !path.ends_with("snapshot.tmp");
  }

  Files& careful_;
  Mistake mistake_;
};

/// The host as it is, but for its files.
class CarelessHost final : public Host {
 public:
  CarelessHost(Host& careful, Mistake mistake) : careful_(careful), files_(careful.files(), mistake) {}
  void log(LogLevel level, std::string_view text) override { careful_.log(level, text); }
  TimePoint now() const override { return careful_.now(); }
  Stamp stamp() override { return careful_.stamp(); }
  std::uint64_t random() override { return careful_.random(); }
  void post(Task task) override { careful_.post(std::move(task)); }
  TimerId after(Duration delay, Task task) override { return careful_.after(delay, std::move(task)); }
  void cancel(TimerId timer) override { careful_.cancel(timer); }
  Files& files() override { return files_; }
  void* extension(std::string_view id) override { return careful_.extension(id); }

 private:
  Host& careful_;
  CarelessFiles files_;
};

class CarelessStorage final : public Storage {
 public:
  CarelessStorage(Host& host, Mistake mistake) : host_(host, mistake), mistake_(mistake), careful_(host_, kSmall) {}
  Status open(const Path& directory) override { return careful_.open(directory); }
  Status write(WriteBatch batch) override {
    if (mistake_ != Mistake::writes_a_batch_piece_by_piece) return careful_.write(batch);
    Status written;
    for (std::size_t i = 0; i < batch.size() && written.is_ok(); ++i) written = careful_.write(batch.subspan(i, 1));
    return written;
  }
  Result<std::optional<Bytes>> get(BytesView key) override { return careful_.get(key); }
  Status scan(BytesView first, BytesView last, const Visitor& visit) override {
    return careful_.scan(first, last, visit);
  }
  Status checkpoint(const Path& directory) override { return careful_.checkpoint(directory); }
  StorageStats stats() const override { return careful_.stats(); }

 private:
  CarelessHost host_;
  Mistake mistake_;
  memtable::Memtable careful_;
};

constexpr CrashTour kShort{.batches = 150, .outcomes = 12, .outcomes_in_recovery = 2};

std::string met(Mistake mistake) {
  const StorageUnderTest storage{
      .make = [mistake](Host& host) { return std::make_unique<CarelessStorage>(host, mistake); }};
  return tour_crashes(storage, kShort).violation;
}

std::string met_in_plain_log(bool checks_generation) {
  const StorageUnderTest storage{
      .make = [=](Host& host) { return std::make_unique<PlainLog>(host.files(), checks_generation); }};
  return tour_crashes(storage, {.batches = 150, .uniform = true, .outcomes = 12, .outcomes_in_recovery = 2}).violation;
}

TEST(CrashTourLiars, ACarefulFrontIsRight) { EXPECT_EQ(met(Mistake::none), ""); }

TEST(CrashTourLiars, AnotherImplementationIsRight) { EXPECT_EQ(met_in_plain_log(true), ""); }

TEST(CrashTourLiars, AcknowledgesBeforeTheSync) { EXPECT_NE(met(Mistake::acknowledges_before_the_sync), ""); }

TEST(CrashTourLiars, RenamesWithoutADirectorySync) { EXPECT_NE(met(Mistake::renames_without_a_directory_sync), ""); }

TEST(CrashTourLiars, DropsTheLogBeforeTheSnapshotIsDurable) {
  EXPECT_NE(met(Mistake::drops_the_log_before_the_snapshot_is_durable), "");
}

TEST(CrashTourLiars, WritesABatchPieceByPiece) { EXPECT_NE(met(Mistake::writes_a_batch_piece_by_piece), ""); }

TEST(CrashTourLiars, DoesNotInvalidateALogThatItUsesAgain) { EXPECT_NE(met_in_plain_log(false), ""); }

}  // namespace
}  // namespace stator::testing
