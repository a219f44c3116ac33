// Copies that are stored as head and rows, against the same copies kept whole: whatever is done to both, they are
// equal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "kernel/causality/delta.h"
#include "kernel/causality/record_codec.h"
#include "kernel/replica/replica.h"
#include "kernel/replica/storage_keys.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/sim_committer.h"
#include "tests/simulation/sim_executor.h"

namespace stator {
namespace {

using simulation::Scheduler;
using simulation::SimCommitter;
using simulation::SimExecutor;

class CountingStamps final : public Stamps {
 public:
  std::optional<Stamp> next() override { return Stamp{last += 1 << 16}; }
  Stamp birth() override { return now(); }
  Stamp epoch_of(Stamp stamp) const override { return stamp; }
  Stamp now() override { return {last}; }
  bool observe(Stamp stamp) override {
    last = std::max(last, stamp.bits);
    return true;
  }
  std::uint64_t last = 1000 << 16;
};

/// Counts what is read and written, and fails writes while it is full.
class CountedStorage final : public Storage {
 public:
  explicit CountedStorage(std::unique_ptr<Storage> storage) : storage_(std::move(storage)) {}
  Status open(const Path& directory) override { return storage_->open(directory); }
  Status write(WriteBatch batch) override {
    if (full) return {Code::storage_full, "full"};
    for (const Mutation& mutation : batch) {
      written += mutation.key.size() + mutation.value.size();
      ++mutations;
    }
    return storage_->write(batch);
  }
  Result<std::optional<Bytes>> get(BytesView key) override {
    ++entries_read;
    return storage_->get(key);
  }
  Status scan(BytesView first, BytesView last, const Visitor& visit) override {
    if (rows_unreadable && first.starts_with('\4')) return {Code::data_loss, "a block is damaged"};
    return storage_->scan(first, last, [&](BytesView key, BytesView value) {
      ++entries_read;
      return visit(key, value);
    });
  }
  Status checkpoint(const Path& directory) override { return storage_->checkpoint(directory); }
  StorageStats stats() const override { return storage_->stats(); }

  bool full = false;
  bool rows_unreadable = false;
  std::size_t written = 0;
  std::size_t mutations = 0;
  std::size_t entries_read = 0;

 private:
  const std::unique_ptr<Storage> storage_;
};

/// What is there of a field goes, what its client has seen of it; and these values come.
Operate put(std::vector<Bytes> gone, std::vector<Bytes> come) {
  return
      [gone = std::move(gone), come = std::move(come)](
          const VersionsThere& there, const std::optional<Context>& observed, const Actor&) -> Result<VersionChange> {
        VersionChange change;
        const auto take = [&](const Version& version) {
          if (!observed || observed->covers(version.dot)) change.replaced.push_back(version.dot);
        };
        for (const Bytes& field : gone) {
          if (there.rows != nullptr) {
            for (const Version& version : there.rows->at(field)) take(version);
            continue;
          }
          for (const Version& version : there.all) {
            if (item_field(version.value) == field) take(version);
          }
        }
        for (const Bytes& field : come) change.added.push_back(encode_item(field, "v"));
        return change;
      };
}

class LargeCopies : public ::testing::Test {
 protected:
  explicit LargeCopies(std::uint64_t seed = 1)
      : scheduler_(seed),
        executor_(scheduler_, 0),
        disk_(simulation::make_map_disk()),
        storage_(std::move(*disk_->open())),
        committer_(scheduler_, storage_, {}),
        store_("disk", storage_, committer_),
        replica_("a", executor_, stamps_, counters_) {
    store_.set_incarnation(kIncarnation);
  }

  KeyAddress key() { return {store_, 3, 1, "key"}; }
  void settle() { scheduler_.run_for(std::chrono::seconds(1)); }

  static WriteIntent intent_of(Operate operate) {
    WriteIntent intent;
    intent.operation = std::move(operate);
    intent.max_bytes = 1 << 20;
    return intent;
  }

  /// At the replica and at its mirror.
  Replica::Prepared write(const WriteIntent& intent) {
    Result<Replica::Prepared> prepared =
        replica_.write(key(), intent, {}, [this](const Status& outcome) { outcomes_.push_back(outcome); });
    EXPECT_TRUE(prepared.is_ok()) << prepared.status().text();
    if (!prepared.is_ok()) return {};
    Result<WriteEffect> effect =
        apply_write(mirror_, intent, {"a", kIncarnation, prepared->born, stamps_.epoch_of(prepared->born)});
    EXPECT_TRUE(effect.is_ok());
    EXPECT_EQ(prepared->dot, effect->dot);
    EXPECT_EQ(prepared->context, effect->copy.record.context);
    EXPECT_EQ(prepared->repeated, effect->repeated);
    if (!prepared->delta.empty()) {
      EXPECT_EQ(prepared->delta, encode_delta(*effect->delta));
    }
    mirror_ = effect->copy;
    return std::move(*prepared);
  }
  void add(const std::vector<Bytes>& fields) { write(intent_of(put(fields, fields))); }
  std::vector<Bytes> fields(std::size_t from, std::size_t to) {
    std::vector<Bytes> made;
    for (std::size_t i = from; i < to; ++i) made.push_back("field " + std::to_string(i));
    return made;
  }

  /// With what is on its way.
  Record latest() {
    std::optional<Result<Bytes>> whole;
    replica_.whole(key(), [&whole](Result<Bytes> record) { whole.emplace(std::move(record)); });
    EXPECT_TRUE(whole && whole->is_ok());
    return whole && whole->is_ok() ? *decode_record(**whole) : Record();
  }
  void expect_equal(const std::string& when) { EXPECT_EQ(latest(), mirror_.record) << when; }
  void expect_stored(const std::string& when) {
    settle();
    const Result<Replica::Held> held = replica_.held(key(), false);
    ASSERT_TRUE(held.is_ok()) << when << ": " << held.status().text();
    EXPECT_EQ(held->record, encode_record(mirror_.record)) << when;
    EXPECT_EQ(held->digest, record_digest(encode_record(mirror_.record))) << when;
    EXPECT_EQ(replica_.held(key(), true)->digest, held->digest) << when;
    const std::size_t versions = mirror_.record.versions.size();
    EXPECT_EQ(rows(), versions >= kRowsFrom ? versions : 0) << when;
    EXPECT_EQ(replica_.pending(), 0u);
  }
  std::size_t rows() {
    std::size_t found = 0;
    EXPECT_TRUE(storage_.scan("\4", "\5", [&found](BytesView, BytesView) { return ++found > 0; }).is_ok());
    return found;
  }

  static constexpr Stamp kIncarnation{7};
  Scheduler scheduler_;
  SimExecutor executor_;
  CountingStamps stamps_;
  ReplicaCounters counters_;
  std::unique_ptr<simulation::Disk> disk_;
  CountedStorage storage_;
  SimCommitter committer_;
  Store store_;
  Replica replica_;
  Copy mirror_;
  std::vector<Status> outcomes_;
};

TEST_F(LargeCopies, AreStoredInRowsFromTheirNumberOn) {
  add(fields(0, kRowsFrom - 1));
  expect_stored("one less");
  EXPECT_EQ(rows(), 0u);
  add(fields(kRowsFrom, kRowsFrom + 1));
  expect_stored("enough");
  EXPECT_EQ(rows(), kRowsFrom);
  write(intent_of(put(fields(0, 1), {})));
  expect_stored("a removal takes the place of an item");
  write(intent_of(put(fields(1, 2), {})));
  expect_stored("one less again");
  EXPECT_EQ(rows(), 0u);
}

// Whatever the number of items: one is read, one replaced, and head, new row and old row are written.
TEST_F(LargeCopies, AChangeCostsWhatItChanges) {
  std::vector<std::size_t> read;
  std::vector<std::size_t> written;
  for (const std::size_t size : {100U, 2000U}) {
    add(fields(mirror_.record.versions.size(), size));
    expect_stored("grown");
    const std::size_t read_before = storage_.entries_read;
    const std::size_t written_before = storage_.written;
    const std::size_t mutations = storage_.mutations;
    const Replica::Prepared prepared =
        *replica_.write(key(), intent_of(put({"field 50"}, {"field 50"})), {}, [](const Status&) {});
    EXPECT_TRUE(prepared.record.empty()) << "nobody has read all of it";
    EXPECT_FALSE(prepared.delta.empty());
    settle();
    EXPECT_EQ(storage_.mutations - mutations, 3u);
    read.push_back(storage_.entries_read - read_before);
    written.push_back(storage_.written - written_before);
    mirror_ = Copy{latest(), mirror_.mark};
  }
  EXPECT_EQ(read[0], read[1]);
  EXPECT_LE(read[1], 4u);
  EXPECT_NEAR(static_cast<double>(written[0]), static_cast<double>(written[1]), 16);
}

TEST_F(LargeCopies, ADeltaCostsWhatItChanges) {
  Copy other;
  add(fields(0, 1000));
  other = absorb({}, mirror_.record, "b");
  expect_stored("there");
  WriteEffect effect = *apply_write(other, intent_of(put({"field 7"}, {"field 7"})),
                                    {"b", kIncarnation, *stamps_.next(), stamps_.now()});
  const std::size_t before = storage_.entries_read;
  std::optional<Result<bool>> joined;
  replica_.join(key(), {*effect.delta, stamps_.now()}, [&joined](Result<bool> done) { joined = std::move(done); });
  settle();
  ASSERT_TRUE(joined && joined->is_ok());
  EXPECT_TRUE(**joined);
  EXPECT_LE(storage_.entries_read - before, 3u);
  mirror_.record = effect.copy.record;
  expect_stored("joined");
}

// A head counts rows that an earlier commit was to bring: it must not be stored without them.
TEST_F(LargeCopies, ACommitInTheNextBatchFailsWithTheOneItBuildsOn) {
  add(fields(0, 100));
  expect_stored("there");
  const Copy before = mirror_;
  outcomes_.clear();
  storage_.full = true;
  add({"lost"});
  scheduler_.run_for(std::chrono::microseconds(100));  // its batch is syncing
  add({"next batch"});
  while (outcomes_.empty()) scheduler_.run_for(std::chrono::microseconds(10));
  storage_.full = false;  // room again for the next batch
  settle();
  ASSERT_EQ(outcomes_.size(), 2u);
  EXPECT_EQ(outcomes_[0].code(), Code::storage_full);
  EXPECT_EQ(outcomes_[1].code(), Code::storage_full) << "its head counts a row that is not stored";
  mirror_ = before;
  expect_stored("nothing of either");
}

TEST_F(LargeCopies, LeaveNothingWhenTheyAreTakenAway) {
  add(fields(0, 100));
  expect_stored("there");
  const std::uint64_t digest = replica_.held(key(), true)->digest;
  std::optional<Status> collected;
  replica_.collect(key(), digest + 1, [&](const Status& outcome) { collected = outcome; });
  settle();
  EXPECT_EQ(collected->code(), Code::failed_precondition);
  replica_.collect(key(), digest, [&](const Status& outcome) { collected = outcome; });
  settle();
  EXPECT_TRUE(collected->is_ok());
  EXPECT_EQ(rows(), 0u);
  EXPECT_EQ(storage_.get(data_key(3, 1, "key")).value(), std::nullopt);
}

// Rows that stay would not fit the next head under the key.
TEST_F(LargeCopies, AreNotTakenAwayWhileTheirRowsCannotBeRead) {
  add(fields(0, 100));
  expect_stored("there");
  const std::uint64_t digest = replica_.held(key(), true)->digest;
  storage_.rows_unreadable = true;
  std::vector<Code> told;
  const auto note = [&told](const Status& outcome) { told.push_back(outcome.code()); };
  replica_.collect(key(), digest, note);
  replica_.remove(key(), note);
  settle();
  EXPECT_THAT(told, ::testing::ElementsAre(Code::data_loss, Code::data_loss));
  storage_.rows_unreadable = false;
  expect_stored("and all of it is still there");
  replica_.remove(key(), note);
  settle();
  EXPECT_EQ(told.back(), Code::ok);
  EXPECT_EQ(rows(), 0u);
}

TEST_F(LargeCopies, AsTheHintOfAnotherTheyAreWhole) {
  const KeyAddress hint{store_, 3, 1, "key", "b"};
  Record record;
  for (std::uint64_t i = 1; i <= 100; ++i) {
    record.versions.push_back({{{"c", Stamp{5}}, i}, {i}, false, encode_item("f", "v")});
    record.context.add(record.versions.back().dot);
  }
  replica_.merge(hint, {record, stamps_.now()}, [](const Result<std::uint64_t>&) {});
  settle();
  EXPECT_EQ(rows(), 0u);
  EXPECT_EQ(*decode_record(replica_.held(hint, false)->record), record);
}

class LargeCopyHistory : public LargeCopies, public ::testing::WithParamInterface<std::uint64_t> {
 protected:
  LargeCopyHistory() : LargeCopies(GetParam()), chance_(GetParam()) {}
  std::size_t pick(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(chance_); }

  /// Some of few names, which hold what keys must not be cut at.
  std::vector<Bytes> names(std::size_t most) {
    std::vector<Bytes> made;
    for (std::size_t left = pick(most); left > 0; --left) {
      Bytes name = "name" + std::to_string(pick(90));
      if (pick(8) == 0) name += Bytes("\0\377", 2);
      if (pick(30) == 0) name.clear();
      made.push_back(std::move(name));
    }
    return made;
  }
  WriteIntent any_intent() {
    // Both the adds that make it large and the removals that make it small again.
    const bool growing = mirror_.record.versions.size() < kRowsFrom + pick(30);
    WriteIntent intent = intent_of(put(names(growing ? 3 : 9), names(growing ? 9 : 3)));
    if (pick(25) == 0) {
      intent.operation = nullptr;
      intent.remove = true;
    }
    if (pick(4) == 0) intent.observed = pick(2) == 0 ? mirror_.record.context : other_.record.context;
    if (pick(5) == 0) intent.op_id = OpId{static_cast<std::uint8_t>(pick(200))};
    if (pick(20) == 0) intent.expires = Stamp{stamps_.last + ((1 + pick(40)) << 16)};
    return intent;
  }
  void step() {
    switch (pick(12)) {
      case 0: other_ = absorb(std::move(other_), mirror_.record, "b"); break;
      case 1: {
        replica_.merge(key(), {other_.record, stamps_.now()}, [](const Result<std::uint64_t>&) {});
        mirror_ = absorb(std::move(mirror_), other_.record, "a");
        break;
      }
      case 2:
      case 3:
      case 4: {
        const Result<WriteEffect> effect =
            apply_write(other_, any_intent(), {"b", kIncarnation, *stamps_.next(), stamps_.now()});
        if (!effect.is_ok()) break;
        other_ = effect->copy;
        if (!effect->delta) break;
        const bool has_base = stator::has_base(mirror_.record, *effect->delta);
        replica_.join(key(), {*effect->delta, stamps_.now()}, [has_base](const Result<bool>& joined) {
          EXPECT_TRUE(joined.is_ok());
          EXPECT_EQ(*joined, has_base);
        });
        if (has_base) mirror_ = absorb(std::move(mirror_), *effect->delta, "a");
        break;
      }
      default: write(any_intent());
    }
  }

  std::mt19937_64 chance_;
  Copy other_;
};

TEST_P(LargeCopyHistory, IsThatOfTheSameCopyKeptWhole) {
  std::size_t large = 0;
  add({"first"});
  for (int i = 0; i < 400 && !HasFailure(); ++i) {
    step();
    large += mirror_.record.versions.size() >= kRowsFrom ? 1 : 0;
    const std::string when = "step " + std::to_string(i);
    if (pick(3) == 0) expect_equal(when);
    if (pick(3) == 0) expect_stored(when);
    if (pick(5) == 0) scheduler_.run_for(std::chrono::microseconds(100));
  }
  expect_stored("the end");
  EXPECT_GT(large, 100u);
  EXPECT_LT(large, 390u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, LargeCopyHistory, ::testing::Range<std::uint64_t>(1, 21));

}  // namespace
}  // namespace stator
