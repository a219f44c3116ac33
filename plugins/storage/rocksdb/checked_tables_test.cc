#include "checked_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/table.h>

#include <filesystem>
#include <fstream>

#include "block_place.h"
#include "test_storage.h"

namespace stator::rocks {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

void spoil(const Path& file, std::uint64_t offset) {
  std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekg(static_cast<std::streamoff>(offset));
  const auto byte = static_cast<char>(bytes.get());
  bytes.seekp(static_cast<std::streamoff>(offset));
  bytes.put(static_cast<char>(byte ^ 0x10));
  ASSERT_TRUE(bytes.good());
}

/// A database that was closed, with one table.
struct CheckedTable : ::testing::Test {
  void make(const std::string& compression = "lz4") {
    options.compression = compression;
    Process process(options);
    ASSERT_TRUE(process.storage->open(store).is_ok());
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(process.put("key" + std::to_string(i), Bytes(100, 'v')).is_ok());
    ASSERT_TRUE(process.storage->checkpoint(scratch.file("copy")).is_ok()) << "it flushes";
    std::filesystem::remove_all(scratch.file("copy"));
    table = files_with(store, ".sst").at(0);
    a_property = contents_of(table).find("rocksdb.block.based.table");
    ASSERT_NE(a_property, Bytes::npos);
  }
  ::rocksdb::Status opened() const {
    CheckedTables tables(::rocksdb::Env::Default());
    std::unique_ptr<::rocksdb::RandomAccessFile> file;
    const ::rocksdb::Status status = tables.NewRandomAccessFile(table, &file, {});
    EXPECT_EQ(file != nullptr, status.ok());
    return status;
  }

  RocksStorage::Options options = small();
  Scratch scratch;
  const Path store = scratch.file("store");
  Path table;
  std::uint64_t a_property = 0;
};

TEST_F(CheckedTable, IsOpenedIfItIsSound) {
  for (const char* compression : {"none", "lz4"}) {
    std::filesystem::remove_all(store);
    make(compression);
    EXPECT_TRUE(opened().ok()) << opened().ToString();
  }
}

TEST_F(CheckedTable, WithADamagedPropertyIsRefusedByItsPlace) {
  make();
  spoil(table, a_property);
  const std::optional<BlockPlace> place = place_of(opened());
  ASSERT_TRUE(place) << opened().ToString();
  EXPECT_EQ(place->file, table);
  EXPECT_LT(place->offset, a_property);
  EXPECT_GT(place->offset + place->bytes, a_property);
}

TEST_F(CheckedTable, IsRefusedForEachByteOfItsPropertiesAndNoOtherBlock) {
  make();
  spoil(table, a_property);
  const BlockPlace place = place_of(opened()).value();
  spoil(table, a_property);  // as it was
  const std::uint64_t size = std::filesystem::file_size(table);
  for (std::uint64_t at = place.offset > 100 ? place.offset - 100 : 0; at < size - 53; ++at) {
    spoil(table, at);
    const bool of_properties = at >= place.offset && at < place.offset + place.bytes + 5;
    EXPECT_EQ(opened().ok(), !of_properties) << at;
    spoil(table, at);
  }
}

TEST_F(CheckedTable, ThatIsCutShortIsRefusedWhereItEnds) {
  make();
  const std::uint64_t size = std::filesystem::file_size(table);
  for (const std::uint64_t left : {size - 1, size / 2, std::uint64_t{53}, std::uint64_t{20}}) {
    std::filesystem::resize_file(table, left);
    const std::optional<BlockPlace> place = place_of(opened());
    ASSERT_TRUE(place) << left << ": " << opened().ToString();
    EXPECT_EQ(place->offset + place->bytes, left);
  }
}

TEST_F(CheckedTable, WithADamagedVersionOrKindOfChecksumIsRefusedByItsPlace) {
  make();
  const std::uint64_t size = std::filesystem::file_size(table);
  for (const std::uint64_t at : {size - 53, size - 12, size - 11, size - 9, size - 8, size - 1}) {
    spoil(table, at);
    const std::optional<BlockPlace> place = place_of(opened());
    ASSERT_TRUE(place) << at << ": " << opened().ToString();
    EXPECT_EQ(place->offset, size - 53);
    spoil(table, at);
  }
}

TEST_F(CheckedTable, OfAnotherFormatIsLeftToRocksdb) {
  for (const std::uint32_t version : {0U, 2U, 4U, 5U}) {
    std::filesystem::remove_all(store);
    ::rocksdb::BlockBasedTableOptions format;
    format.format_version = version;
    format.checksum = ::rocksdb::kCRC32c;
    ::rocksdb::Options database_options;
    database_options.create_if_missing = true;
    database_options.table_factory.reset(::rocksdb::NewBlockBasedTableFactory(format));
    ::rocksdb::DB* made = nullptr;
    ASSERT_TRUE(::rocksdb::DB::Open(database_options, store, &made).ok());
    const std::unique_ptr<::rocksdb::DB> database(made);
    ASSERT_TRUE(database->Put({}, "key", "v").ok());
    ASSERT_TRUE(database->Flush({}).ok());
    ASSERT_TRUE(database->Close().ok());
    Process process;
    const Status status = process.storage->open(store);
    ASSERT_TRUE(status.is_ok()) << status.text();
    EXPECT_EQ(process.contents().size(), 1U);
  }
}

TEST_F(CheckedTable, IsNamedByWhoOpensTheDatabaseOrExaminesIt) {
  make();
  spoil(table, a_property);
  Process examining(options);
  const auto found = examining.storage->examine(store, [](BytesView, BytesView) { return true; });
  ASSERT_TRUE(found.is_ok()) << found.status().text();
  ASSERT_FALSE(found->faults.empty());
  EXPECT_THAT(found->faults.front().what, HasSubstr(table));
  EXPECT_GT(found->faults.front().offset, 0U);
  EXPECT_GT(found->faults.front().bytes, 0U);
  Process process(options);
  const Status status = process.storage->open(store);
  EXPECT_EQ(status.code(), Code::data_loss) << status.text();
  EXPECT_THAT(status.message(), HasSubstr(table + " offset "));
  EXPECT_THAT(status.message(), HasSubstr("stator storage quarantine"));
}

TEST_F(CheckedTable, IsMetByTheScrubAndCannotBeMended) {
  make();
  Process process(options);
  ASSERT_TRUE(process.storage->open(store).is_ok());
  spoil(table, a_property);
  std::uint64_t damage = 0;
  for (bool last = false; !last;) {
    const Result<Scrubbing::Piece> piece = process.storage->scrub_piece();
    ASSERT_TRUE(piece.is_ok()) << piece.status().text();
    damage += piece->damage;
    last = piece->last;
  }
  EXPECT_EQ(damage, 1U);
  EXPECT_TRUE(process.storage->met_damage());
  EXPECT_EQ(process.storage->survey().status().code(), Code::data_loss);
  EXPECT_EQ(process.contents().size(), 200U) << "what was read before is still known";
}

}  // namespace
}  // namespace stator::rocks
