#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "kernel/causality/copy.h"
#include "kernel/files/posix_files.h"
#include "kernel/node/storage_directory.h"
#include "kernel/node/storage_examination.h"
#include "kernel/node/storage_quarantine.h"
#include "kernel/node/store_meta.h"
#include "kernel/replica/hint_reference.h"
#include "kernel/replica/rows.h"
#include "kernel/replica/storage_keys.h"
#include "tests/cluster/scratch.h"
#include "tests/golden/golden.h"
#include "tests/simulation/disk.h"

// What the kernel keeps in a store, byte for byte, whichever plugin keeps it. A change here is a change of format: it
// raises kStoreFormat, and what an older build wrote must be read.

namespace stator {
namespace {

using ::testing::HasSubstr;

const StoreIdentity kIdentity{"local", "node-a", 12};
const std::vector<StoredKeyspace> kKeyspaces = {{"default", "register"}, {"carts", "datatype add_wins_set"}};

Stamp at(std::uint64_t seconds) { return Stamp::from_millis(1'700'000'000'000 + seconds * 1000); }

Copy signed_copy() {
  const Signer signer{"node-a", at(1), at(2), at(3)};
  return apply_write(Copy(), {.value = "hello", .content_type = "text/plain"}, signer).value().copy;
}

Copy unmarked_copy() {
  Copy copy = signed_copy();
  copy.mark.reset();
  return copy;
}

/// Of 64 versions, the fewest that are rows, with one of every kind.
Copy large_copy() {
  Copy copy = signed_copy();
  const Version first = copy.record.versions.front();
  for (std::uint64_t i = 2; i <= 64; ++i) {
    Version version = first;
    version.dot.counter = i;
    version.stamp = at(10 + i);
    version.value = encode_item(Bytes("f\0", 2) + std::to_string(i % 5), "value");
    if (i == 7) version.expires = at(1000);
    if (i == 8) version.tombstone = true, version.value.clear(), version.content_type.clear();
    copy.record.context.add(version.dot);
    copy.record.versions.push_back(std::move(version));
  }
  return copy;
}

void write(Storage& storage, const Bytes& key, const Bytes& value) {
  const Mutation mutation{key, value};
  ASSERT_TRUE(storage.write({&mutation, 1}).is_ok());
}

/// One of everything, by the functions that write it.
void fill(Storage& storage) {
  ASSERT_TRUE(open_store(storage, kIdentity, kKeyspaces).is_ok());
  ASSERT_TRUE(write_incarnation(storage, at(3)).is_ok());
  ASSERT_TRUE(write_clean_shutdown(storage, at(4)).is_ok());
  write(storage, heard_key(), encode_heard({{"node-b", {at(5), at(6), at(7)}}}));
  write(storage, forgot_key(), "");
  write(storage, away_key(), "");
  ASSERT_TRUE(write_unvouched(storage, at(6)).is_ok());
  write(storage, found_limit_key(), encode_found_limit({at(1), at(2), {}}));
  write(storage, barrier_key(), encode_stamp(at(8)));
  write(storage, data_key(376, 1, "cart"), encode_copy(signed_copy()));
  write(storage, data_key(4095, 2, "a/b"), encode_copy(unmarked_copy()));
  write(storage, data_key(376, 2, "large"), encode_head(head_of(large_copy())));
  for (const auto& [key, row] : row_changes(rows_prefix(376, 2, "large"), {}, large_copy().record.versions))
    write(storage, key, *row);
  write(storage, hint_key("node-c", 376, 1, "cart"), encode_copy(unmarked_copy()));
  write(storage, hint_key("node-c", 377, 1, "cart"), encode_hint_reference(1'700'000'000'000));
  write(storage, cut_key({at(9), 376, 1, "node-a"}), Bytes("\x01\x23\x45\x67\x89\xab\xcd\xef", 8));
}

std::string text_of(Storage& storage) {
  std::string text;
  EXPECT_TRUE(storage
                  .scan({}, {},
                        [&text](BytesView key, BytesView value) {
                          text += "key\n" + golden::to_hex(key) + "value\n" + golden::to_hex(value);
                          return true;
                        })
                  .is_ok());
  return text;
}

/// What text_of gave, back in a storage.
void fill_from(const std::string& text, Storage& storage) {
  std::size_t end = 0;
  for (std::size_t at = text.find("key\n"); at != std::string::npos; at = end) {
    const std::size_t value = text.find("value\n", at);
    end = text.find("key\n", value);
    write(storage, golden::from_hex(text.substr(at + 4, value - at - 4)),
          golden::from_hex(text.substr(value + 6, end == std::string::npos ? end : end - value - 6)));
  }
}

TEST(StoreFormat, IsWrittenAsEver) {
  const auto disk = simulation::make_map_disk();
  const std::unique_ptr<Storage> storage = std::move(*disk->open());
  fill(*storage);
  const golden::Comparison golden = golden::compare("store.2.txt", text_of(*storage));
  EXPECT_EQ(golden.actual, golden.expected) << "tests/golden/store.2.txt";
}

/// What every format so far has in it.
struct GoldenStore : ::testing::TestWithParam<int> {
  std::string name() const { return "store." + std::to_string(GetParam()) + ".txt"; }
};
INSTANTIATE_TEST_SUITE_P(Formats, GoldenStore, ::testing::Range(1, kStoreFormat + 1));

TEST_P(GoldenStore, IsReadAsEver) {
  const auto disk = simulation::make_map_disk();
  const std::unique_ptr<Storage> storage = std::move(*disk->open());
  fill_from(golden::read(name()), *storage);
  EntryCheck entries;
  std::map<Bytes, Bytes> held;
  ASSERT_TRUE(storage
                  ->scan({}, {},
                         [&](BytesView key, BytesView value) {
                           EXPECT_EQ(entries.look_at(key, value), "");
                           held.emplace(key, value);
                           return true;
                         })
                  .is_ok());
  EXPECT_TRUE(entries.finish().empty());
  EXPECT_EQ(entries.counts().records, GetParam() == 1 ? 2U : 3U);
  EXPECT_EQ(entries.counts().rows, GetParam() == 1 ? 0U : 64U);
  EXPECT_EQ(entries.counts().hints, 2U);
  EXPECT_EQ(entries.counts().cuts, 1U);
  const Result<Copy> copy = decode_copy(held.at(data_key(376, 1, "cart")));
  ASSERT_TRUE(copy.is_ok());
  EXPECT_EQ(copy->record, signed_copy().record);
  EXPECT_EQ(copy->mark, signed_copy().mark);
  EXPECT_EQ(decode_copy(held.at(hint_key("node-c", 376, 1, "cart")))->mark, std::nullopt);
  EXPECT_EQ(hint_reference_since(held.at(hint_key("node-c", 377, 1, "cart"))), 1'700'000'000'000U);

  const std::optional<Copy> large = *read_copy(*storage, RowLog(), data_key(376, 2, "large"));
  ASSERT_EQ(large.has_value(), GetParam() > 1);
  if (large) {
    EXPECT_EQ(golden::to_hex(encode_copy(*large)), golden::to_hex(encode_copy(large_copy())));
  }

  const Result<StoreState> state = open_store(*storage, kIdentity, kKeyspaces);
  ASSERT_TRUE(state.is_ok()) << state.status().text();
  EXPECT_EQ(**storage->get(format_key()), std::to_string(kStoreFormat)) << "what is written now an older one misreads";
  EXPECT_TRUE(state->clean);
  EXPECT_EQ(state->incarnation, at(3));
  EXPECT_EQ(state->clock_limit, at(4));
  EXPECT_EQ(state->heard, (std::map<std::string, HeardClock>{{"node-b", {at(5), at(6), at(7)}}}));
  EXPECT_TRUE(state->forgot);
  EXPECT_TRUE(state->away);
  EXPECT_EQ(state->unvouched, at(6));
  EXPECT_EQ(state->found_limit, FoundLimit()) << "it was found empty";
  EXPECT_EQ(state->barrier, at(8));
  EXPECT_EQ(state->keyspaces, (std::map<std::string, std::uint16_t>{{"default", 1}, {"carts", 2}}));
}

TEST(StoreFormat, AStoreOlderThanTheNoteIsRead) {
  const auto disk = simulation::make_map_disk();
  const std::unique_ptr<Storage> storage = std::move(*disk->open());
  fill(*storage);
  const Bytes key = format_key();
  const Mutation erase{key, {}, true};
  ASSERT_TRUE(storage->write({&erase, 1}).is_ok());
  EXPECT_TRUE(open_store(*storage, kIdentity, kKeyspaces).is_ok());
  EXPECT_EQ(**storage->get(key), std::to_string(kStoreFormat));
}

TEST(StoreFormat, ANewerOneIsRefusedByNameAndLeftAsItIs) {
  const auto disk = simulation::make_map_disk();
  const std::unique_ptr<Storage> storage = std::move(*disk->open());
  fill(*storage);
  write(*storage, format_key(), "3");
  const std::string before = text_of(*storage);
  const Status refused = open_store(*storage, kIdentity, kKeyspaces).status();
  EXPECT_EQ(refused.code(), Code::failed_precondition);
  EXPECT_THAT(refused.message(), HasSubstr("format 3"));
  EXPECT_EQ(text_of(*storage), before);
  write(*storage, format_key(), "two");
  EXPECT_EQ(open_store(*storage, kIdentity, kKeyspaces).status().code(), Code::data_loss);
}

/// With real files: nothing of a store of a newer format is called damaged, or set aside.
TEST(StoreFormat, ANewerOneIsRefusedByWhoExaminesOrQuarantinesIt) {
  const cluster::Scratch scratch;
  const std::string store = scratch.path("fast");
  Loader loader({STATOR_PLUGIN_DIRECTORY});
  const StorageTools tools{loader, [](LogLevel, std::string_view) {}};
  {
    OfflineStorage offline(tools.say);
    ASSERT_TRUE(claim_storage_directory(offline.files(), store, "memtable").is_ok());
    ASSERT_TRUE(offline.make(tools, store, "memtable").is_ok());
    ASSERT_TRUE(offline.storage().open(store + "/data").is_ok());
    fill(offline.storage());
    write(offline.storage(), data_key(1, 1, "new"), "\x7f such copies are of format 3");
    write(offline.storage(), format_key(), "3");
  }
  const auto examined = examine_store(tools, store, [](BytesView, BytesView) {});
  EXPECT_EQ(examined.status().code(), Code::failed_precondition);
  EXPECT_THAT(examined.status().message(), HasSubstr(store + ": the store is of format 3"));
  EXPECT_EQ(quarantine_store(tools, store, at(10)).status().code(), Code::failed_precondition);
  EXPECT_FALSE(std::filesystem::exists(store + "/quarantine"));
}

/// With real files: of large copies that are not whole nothing stays that a node would read.
TEST(StoreQuarantine, SetsLargeCopiesAsideThatAreNotWhole) {
  const cluster::Scratch scratch;
  const std::string store = scratch.path("fast");
  Loader loader({STATOR_PLUGIN_DIRECTORY});
  const StorageTools tools{loader, [](LogLevel, std::string_view) {}};
  const auto row = [](const Bytes& key, std::size_t number) {
    return std::next(row_changes(rows_prefix(5, 2, key), {}, large_copy().record.versions).begin(),
                     static_cast<std::ptrdiff_t>(number))
        ->first;
  };
  {
    OfflineStorage offline(tools.say);
    ASSERT_TRUE(claim_storage_directory(offline.files(), store, "memtable").is_ok());
    ASSERT_TRUE(offline.make(tools, store, "memtable").is_ok());
    ASSERT_TRUE(offline.storage().open(store + "/data").is_ok());
    fill(offline.storage());
    for (const Bytes key : {"without a row", "without a head", "smaller", "bad row"}) {
      write(offline.storage(), data_key(5, 2, key), encode_head(head_of(large_copy())));
      for (const auto& [where, value] : row_changes(rows_prefix(5, 2, key), {}, large_copy().record.versions))
        write(offline.storage(), where, *value);
    }
    const auto erase = [&](const Bytes& key) {
      const Mutation mutation{key, {}, true};
      ASSERT_TRUE(offline.storage().write({&mutation, 1}).is_ok());
    };
    erase(row("without a row", 17));
    erase(data_key(5, 2, "without a head"));
    write(offline.storage(), data_key(5, 2, "smaller"), encode_copy(unmarked_copy()));
    write(offline.storage(), row("bad row", 3), "?");
  }
  const auto examined = examine_store(tools, store, [](BytesView, BytesView) {});
  ASSERT_TRUE(examined.is_ok()) << examined.status().text();
  std::vector<std::string> faults;
  for (const StorageFault& fault : examined->files.faults) faults.push_back(fault.what);
  const std::string unfit = "a large copy does not fit its rows in partition 5 of keyspace number 2";
  const std::string stray = "rows of a large copy are without their head in partition 5 of keyspace number 2";
  EXPECT_THAT(faults,
              ::testing::UnorderedElementsAre(unfit, unfit, stray, stray,
                                              "a row in partition 5 of keyspace number 2 is not what its key says"));
  EXPECT_EQ(examined->entries.counts().records, 4U);

  const auto quarantined = quarantine_store(tools, store, at(10));
  ASSERT_TRUE(quarantined.is_ok()) << quarantined.status().text();
  EXPECT_TRUE(quarantined->changed);
  std::map<Bytes, Bytes> left;
  const auto sound = examine_store(tools, store, [&left](BytesView key, BytesView value) { left.emplace(key, value); });
  ASSERT_TRUE(sound.is_ok()) << sound.status().text();
  EXPECT_TRUE(sound->sound());
  EXPECT_EQ(sound->entries.counts().records, 4U);
  EXPECT_EQ(sound->entries.counts().rows, 64U) << "of the one that is whole";
  EXPECT_EQ(left.at(data_key(5, 2, "smaller")), encode_copy(unmarked_copy()));
}

/// A node that started between two steps of such a tool would write into files that are put aside.
TEST(StoreLock, KeepsOutWhoWouldExchangeTheFiles) {
  const cluster::Scratch scratch;
  const std::string store = scratch.path("fast");
  Loader loader({STATOR_PLUGIN_DIRECTORY});
  PosixFiles files;
  ASSERT_TRUE(claim_storage_directory(files, store, "memtable").is_ok());
  const auto node = lock_storage_directory(files, store);
  ASSERT_TRUE(node.is_ok());
  const StorageTools tools{loader, [](LogLevel, std::string_view) {}};
  const Status refused = quarantine_store(tools, store, at(1)).status();
  EXPECT_EQ(refused.code(), Code::unavailable);
  EXPECT_THAT(refused.message(), HasSubstr(store + " is in use by another process"));
}

}  // namespace
}  // namespace stator
