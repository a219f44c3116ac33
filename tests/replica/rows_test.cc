#include "kernel/replica/rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "kernel/causality/record_codec.h"
#include "kernel/replica/row_reader.h"
#include "kernel/replica/storage_keys.h"

namespace stator {
namespace {

using ::testing::HasSubstr;

Version item(std::uint64_t number, BytesView field) {
  Version version;
  version.dot = {{"a", Stamp{1}}, number};
  version.stamp = {number};
  version.value = encode_item(field, "v");
  return version;
}

Copy copy_of(std::uint64_t versions) {
  Copy copy;
  for (std::uint64_t i = 1; i <= versions; ++i) {
    copy.record.versions.push_back(item(i, "field " + std::to_string(i % 7)));
    copy.record.context.add(copy.record.versions.back().dot);
  }
  return copy;
}

/// A map, in which something happens while it is scanned.
class MovingStorage final : public Storage {
 public:
  Status open(const Path&) override { return {}; }
  Status write(WriteBatch batch) override {
    for (const Mutation& mutation : batch) {
      if (mutation.remove) {
        entries.erase(Bytes(mutation.key));
      } else {
        entries[Bytes(mutation.key)] = mutation.value;
      }
    }
    return {};
  }
  Result<std::optional<Bytes>> get(BytesView key) override {
    const auto at = entries.find(Bytes(key));
    return at == entries.end() ? std::optional<Bytes>() : std::optional<Bytes>(at->second);
  }
  Status scan(BytesView first, BytesView last, const Visitor& visit) override {
    for (auto at = entries.lower_bound(Bytes(first)); at != entries.end() && at->first < last;) {
      const Bytes key = at->first;
      if (!visit(key, at->second)) break;
      if (moved) moved();
      at = entries.upper_bound(key);
    }
    return {};
  }
  Status checkpoint(const Path&) override { return {}; }
  StorageStats stats() const override { return {}; }

  void store(const Copy& copy) {
    entries[data_key(3, 1, "key")] = encode_head(head_of(copy));
    for (const auto& [key, row] : row_changes(rows_prefix(3, 1, "key"), {}, copy.record.versions)) entries[key] = *row;
  }
  /// One version in place of another, as a commit changes head and rows.
  void replace(Copy& copy, RowLog& log, std::size_t place, const Version& by) {
    const std::vector<Version> before = copy.record.versions;
    copy.record.context.add(by.dot);
    copy.record.versions.erase(copy.record.versions.begin() + static_cast<std::ptrdiff_t>(place));
    copy.record.versions.push_back(by);
    const RowChanges rows = row_changes(rows_prefix(3, 1, "key"), before, copy.record.versions);
    std::vector<Bytes> keys;
    for (const auto& [key, row] : rows) keys.push_back(key);
    const std::uint64_t change = log.begin(std::move(keys));
    entries[data_key(3, 1, "key")] = encode_head(head_of(copy));
    for (const auto& [key, row] : rows) row ? void(entries[key] = *row) : void(entries.erase(key));
    log.end(change);
  }

  std::map<Bytes, Bytes> entries;
  std::function<void()> moved;
};

TEST(Head, HasTheDigestOfTheWholeRecord) {
  Copy copy = copy_of(kRowsFrom + 3);
  EXPECT_EQ(head_of(copy).digest(), record_digest(encode_record(copy.record)));
  EXPECT_EQ(stored_digest(encode_head(head_of(copy))), stored_digest(encode_copy(copy)));
  Head changed = head_of(copy);
  changed.remove(copy.record.versions.back());
  EXPECT_NE(changed.digest(), head_of(copy).digest());
  copy.record.versions.pop_back();
  EXPECT_EQ(changed.digest(), head_of(copy).digest());
  EXPECT_EQ(changed.count, kRowsFrom + 2);
  copy.record.versions.back().value += "other";
  EXPECT_NE(record_digest(encode_record(copy.record)), changed.digest()) << "values count, not contexts alone";
}

TEST(Head, OneThatIsNoneIsRefused) {
  const Bytes good = encode_head(head_of(copy_of(70)));
  EXPECT_EQ(*decode_head(good), head_of(copy_of(70)));
  EXPECT_TRUE(is_head(good));
  EXPECT_FALSE(is_head(encode_copy(copy_of(70))));
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_EQ(decode_head(good.substr(0, size)).status().code(), Code::data_loss);
  EXPECT_EQ(decode_head(good + '\0').status().code(), Code::data_loss);
}

TEST(RowKeys, StandInTheOrderOfTheirFieldsAndUnderNoOther) {
  const Bytes prefix = rows_prefix(3, 1, "key");
  const std::vector<Bytes> fields{
      "", Bytes(1, '\0'), Bytes(2, '\0'), Bytes("\0\1", 2), "a", Bytes("a\0", 2), Bytes("a\0b", 3), "ab", "b", "\377"};
  for (std::size_t i = 1; i < fields.size(); ++i) {
    EXPECT_LT(row_key(prefix, item(9, fields[i - 1])), row_key(prefix, item(1, fields[i]))) << i;
    EXPECT_FALSE(row_key(prefix, item(9, fields[i])).starts_with(prefix + field_place(fields[i - 1]))) << i;
  }
  EXPECT_TRUE(row_key(prefix, item(1, "ab")).starts_with(prefix + field_places("a")));
  EXPECT_TRUE(row_key(prefix, item(1, Bytes("a\0b", 3))).starts_with(prefix + field_places(Bytes("a\0", 2))));
  Version removal = item(1, "");
  removal.tombstone = true;
  EXPECT_TRUE(row_key(prefix, removal).starts_with(prefix + removal_place()));
  EXPECT_LT(row_key(prefix, removal), row_key(prefix, item(0, "")));
}

TEST(RowKeys, SayWhoseTheyAre) {
  const Bytes key = row_key(rows_prefix(513, 7, "some key"), item(3, "f"));
  const std::optional<RowKey> at = parse_row_key(key);
  ASSERT_TRUE(at.has_value());
  EXPECT_EQ(at->partition, 513);
  EXPECT_EQ(at->keyspace, 7);
  EXPECT_EQ(at->key, "some key");
  EXPECT_EQ(at->prefix, rows_prefix(513, 7, "some key"));
  EXPECT_FALSE(parse_row_key(data_key(513, 7, "some key")).has_value());
  EXPECT_FALSE(parse_row_key(Bytes("\4\0", 2)).has_value());
}

TEST(ReadCopy, GivesEitherFormWhole) {
  MovingStorage storage;
  const RowLog log;
  EXPECT_EQ(read_copy(storage, log, data_key(3, 1, "key")).value(), std::nullopt);
  const Copy large = copy_of(100);
  storage.store(large);
  EXPECT_EQ(storage.entries.size(), 101u);
  EXPECT_EQ(read_copy(storage, log, data_key(3, 1, "key")).value(), large);
  storage.entries[data_key(3, 1, "other")] = encode_copy(large);
  EXPECT_EQ(read_copy(storage, log, data_key(3, 1, "other")).value(), large);
}

TEST(ReadCopy, DoesNotServeWhatDoesNotFit) {
  const Copy large = copy_of(100);
  const RowLog log;
  MovingStorage storage;
  storage.store(large);
  const Bytes first = std::next(storage.entries.begin())->first;
  storage.entries.erase(first);
  Status wrong = read_copy(storage, log, data_key(3, 1, "key")).status();
  EXPECT_EQ(wrong.code(), Code::data_loss);
  EXPECT_THAT(wrong.message(), HasSubstr("partition 3 of keyspace number 1"));
  storage.store(large);
  storage.entries[row_key(rows_prefix(3, 1, "key"), item(500, "more"))] = encode_version(item(500, "more"));
  EXPECT_EQ(read_copy(storage, log, data_key(3, 1, "key")).status().code(), Code::data_loss) << "one too many";
  storage.entries.clear();
  storage.store(large);
  storage.entries[first] = encode_version(item(1, "another"));
  EXPECT_EQ(read_copy(storage, log, data_key(3, 1, "key")).status().code(), Code::data_loss) << "another value";
}

// What is read is one state that was stored while it was read, whatever changes behind and before the scan.
TEST(ReadCopy, IsOfOneMomentThoughRowsMove) {
  for (const std::size_t every : {1U, 7U, 40U}) {
    MovingStorage storage;
    RowLog log;
    Copy copy = copy_of(100);
    storage.store(copy);
    std::vector<Copy> states{copy};
    std::size_t visited = 0;
    storage.moved = [&] {
      if (++visited % every != 0) return;
      const std::uint64_t number = 1000 + visited;
      storage.replace(copy, log, visited % 2 == 0 ? 0 : copy.record.versions.size() - 1,
                      item(number, "field " + std::to_string(visited % 9)));
      states.push_back(copy);
    };
    const Result<std::optional<Copy>> read = read_copy(storage, log, data_key(3, 1, "key"));
    ASSERT_TRUE(read.is_ok()) << read.status().text();
    EXPECT_THAT(states, ::testing::Contains(**read)) << every;
    EXPECT_GT(states.size(), 2u);
  }
}

TEST(ReadCopy, FollowsACopyThatBecomesSmallOrGoes) {
  MovingStorage storage;
  RowLog log;
  storage.store(copy_of(100));
  const Copy small = copy_of(2);
  bool shrunk = false;
  storage.moved = [&] {
    if (std::exchange(shrunk, true)) return;
    storage.entries.clear();
    storage.entries[data_key(3, 1, "key")] = encode_copy(small);
    log.end(log.begin({rows_prefix(3, 1, "key")}));
  };
  EXPECT_EQ(read_copy(storage, log, data_key(3, 1, "key")).value(), small);
}

TEST(RowLog, TellsWhatMayHaveChangedSince) {
  RowLog log;
  log.end(log.begin({"a1"}));
  const RowLog::Moment then = log.now();
  EXPECT_THAT(*log.since(then, "a"), ::testing::IsEmpty());
  const std::uint64_t open = log.begin({"a2", "b2"});
  EXPECT_THAT(*log.since(then, "a"), ::testing::ElementsAre("a2")) << "it may be stored by now";
  EXPECT_TRUE(log.changing("b"));
  log.end(log.begin({"a3"}));
  const RowLog::Moment later = log.now();
  log.end(open);
  EXPECT_FALSE(log.changing("b"));
  EXPECT_THAT(*log.since(later, "a"), ::testing::ElementsAre("a2")) << "it ended after that";
  EXPECT_THAT(*log.since(then, "a"), ::testing::ElementsAre("a2", "a3"));
  for (int i = 0; i < 20'000; ++i) log.end(log.begin({"c"}));
  EXPECT_EQ(log.since(then, "a"), std::nullopt) << "too long ago to be known";
  EXPECT_TRUE(log.since(log.now(), "a").has_value());
}

TEST(RowReader, ReadsWhatIsAskedForAndWhatIsInFlight) {
  MovingStorage storage;
  const Copy copy = copy_of(100);
  storage.store(copy);
  const Bytes prefix = rows_prefix(3, 1, "key");
  RowsInFlight in_flight;
  in_flight[row_key(prefix, item(1, "field 1"))] = {std::nullopt, 1};
  in_flight[row_key(prefix, item(200, "field 1"))] = {encode_version(item(200, "field 1")), 1};
  int read = 0;
  storage.moved = [&] { ++read; };
  RowReader rows(storage, prefix, &in_flight);
  const std::span<const Version> at = rows.at("field 1");
  EXPECT_EQ(read, 15) << "of 100 the 15 of that field";
  ASSERT_EQ(at.size(), 15u);
  EXPECT_EQ(at.front().dot.counter, 8u);
  EXPECT_EQ(at.back().dot.counter, 200u);
  EXPECT_EQ(rows.given({{"a", Stamp{1}}, 200}), &at.back());
  EXPECT_EQ(rows.given({{"a", Stamp{1}}, 2}), nullptr) << "nobody asked for it";
  EXPECT_EQ(rows.beneath("field").size(), 100u);
  EXPECT_EQ(rows.removals().size(), 0u);
  EXPECT_EQ(rows.find(row_place(item(2, "field 2")), item(2, "").dot)->value, item(2, "field 2").value);
  EXPECT_EQ(rows.find(row_place(item(1, "field 1")), item(1, "").dot), std::nullopt);
  EXPECT_EQ(rows.all().size(), 100u);
  EXPECT_TRUE(rows.status().is_ok());
  storage.entries[row_key(prefix, item(2, "field 2"))] = "no row";
  RowReader torn(storage, prefix, nullptr);
  EXPECT_EQ(torn.at("field 1").size(), 15u);
  EXPECT_TRUE(torn.status().is_ok());
  torn.at("field 2");
  EXPECT_EQ(torn.status().code(), Code::data_loss);
}

}  // namespace
}  // namespace stator
