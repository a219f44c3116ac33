#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cli/backup/records.h"
#include "kernel/causality/copy.h"
#include "kernel/causality/record_codec.h"
#include "kernel/causality/wire.h"
#include "kernel/replica/hint_reference.h"
#include "kernel/replica/storage_keys.h"

namespace stator::cli {
namespace {

Copy copy_of(std::uint64_t versions) {
  Copy copy;
  for (std::uint64_t i = 1; i <= versions; ++i) {
    Version version;
    version.dot = {{"a", Stamp{1}}, i};
    version.stamp = {i};
    // Their rows are in another order than their dots.
    version.value = encode_item("field " + std::to_string(i * 37 % 100), "v");
    copy.record.context.add(version.dot);
    copy.record.versions.push_back(version);
  }
  copy.mark = Mark{Stamp{1}, Stamp{2}};
  return copy;
}

/// The entries of a node's storage.
struct RecordsOfABackup : ::testing::Test {
  RecordsOfABackup() {
    for (const auto& [name, id] : {std::pair("carts", 1), std::pair("sets", 2)}) {
      Bytes note;
      ByteWriter(note).varint(static_cast<std::uint64_t>(id));
      ByteWriter(note).counted("register");
      entries[meta_key(std::string("keyspace/") + name)] = note;
    }
    entries[data_key(3, 1, "k")] = encode_copy(copy_of(2));
    // The one is before the other among the heads, and behind it among the rows.
    add(2, "largest", copy_of(90));
    add(2, "m", copy_of(80));
    entries[hint_key("node-b", 4, 1, "h")] = encode_copy(copy_of(70));
    entries[hint_key("node-b", 4, 1, "i")] = encode_hint_reference(5);
  }
  void add(std::uint16_t keyspace, const Bytes& key, const Copy& copy) {
    entries[data_key(3, keyspace, key)] = encode_head(head_of(copy));
    for (auto& [at, row] : row_changes(rows_prefix(3, keyspace, key), {}, copy.record.versions)) entries[at] = *row;
  }
  Status read() {
    found.clear();
    RecordReader reader([this](const RecordReader::Found& each) {
      found.emplace_back(each.keyspace + "/" + std::string(each.key) + (each.hint ? " for another" : ""), each.record);
    });
    for (const auto& [key, value] : entries) reader.entry(key, value);
    return reader.status();
  }

  std::map<Bytes, Bytes> entries;
  std::vector<std::pair<std::string, Bytes>> found;
};

TEST_F(RecordsOfABackup, AreAllToldWhole) {
  EXPECT_TRUE(read().is_ok());
  EXPECT_THAT(found, ::testing::ElementsAre(std::pair("carts/k", encode_record(copy_of(2).record)),
                                            std::pair("carts/h for another", encode_record(copy_of(70).record)),
                                            std::pair("sets/m", encode_record(copy_of(80).record)),
                                            std::pair("sets/largest", encode_record(copy_of(90).record))));
}

TEST_F(RecordsOfABackup, AreNotToldInPart) {
  const auto damaged = [this](const Bytes& key, const std::optional<Bytes>& value) {
    const auto before = entries;
    value ? void(entries[key] = *value) : void(entries.erase(key));
    const Status told = read();
    entries = before;
    EXPECT_EQ(told.code(), Code::data_loss);
    for (const auto& [name, record] : found) EXPECT_TRUE(decode_record(record).is_ok());
  };
  const Bytes first = entries.lower_bound(rows_prefix(3, 2, "m"))->first;
  damaged(first, std::nullopt);
  damaged(first, "?");
  damaged(first, std::next(entries.find(first))->second);
  damaged(data_key(3, 2, "m"), std::nullopt);
  damaged(data_key(3, 2, "m"), encode_head(head_of(copy_of(79))));
  damaged(data_key(3, 2, "m"), encode_head(head_of(copy_of(81))));
  damaged(data_key(3, 2, "m"), encode_head(head_of(copy_of(80))).substr(0, 30));
  damaged(meta_key("keyspace/sets"), std::nullopt);
  EXPECT_TRUE(read().is_ok());
}

}  // namespace
}  // namespace stator::cli
