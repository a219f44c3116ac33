#include "length_notes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "test_storage.h"

namespace stator::rocks {
namespace {

namespace fs = std::filesystem;

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

/// Notes of files that are no database's.
struct Notes : ::testing::Test {
  Result<Lengths> noted() { return noted_lengths(*::rocksdb::Env::Default(), scratch.path()); }
  std::unique_ptr<::rocksdb::WritableFile> make(const std::string& name) {
    std::unique_ptr<::rocksdb::WritableFile> file;
    EXPECT_TRUE(notes.NewWritableFile(scratch.file(name), &file, {}).ok());
    return file;
  }
  void write(const std::string& name, const Bytes& bytes) const {
    std::ofstream(scratch.file(name), std::ios::binary) << bytes;
  }

  Scratch scratch;
  testing::ModelledDisk disk;
  testing::ModelledFiles files{disk};
  testing::FakeHost host{files};
  LengthNotes notes{::rocksdb::Env::Default(), host};
};

TEST_F(Notes, AreEmptyWhereThereAreNone) { EXPECT_THAT(noted().value(), IsEmpty()); }

TEST_F(Notes, HoldWhatOfAManifestIsSynced) {
  const auto manifest = make("MANIFEST-000005");
  ASSERT_TRUE(manifest->Append("12345").ok());
  ASSERT_TRUE(manifest->Flush().ok());
  EXPECT_THAT(noted().value(), IsEmpty());
  ASSERT_TRUE(manifest->Sync().ok());
  ASSERT_TRUE(manifest->Append("678").ok());
  EXPECT_THAT(noted().value(), ElementsAre(Pair("MANIFEST-000005", 5)));
  ASSERT_TRUE(manifest->Fsync().ok());
  EXPECT_THAT(noted().value(), ElementsAre(Pair("MANIFEST-000005", 8)));
}

TEST_F(Notes, HoldLogsWhenThatIsSaid) {
  notes.note(scratch.file("MANIFEST-000005"), 7);
  write("000008.log", "123");
  write("000012.log", "");
  write("000012.sst", "12");
  EXPECT_THAT(noted().value(), ElementsAre(Pair("MANIFEST-000005", 7)));
  notes.note_logs(scratch.path());
  EXPECT_THAT(noted().value(), ElementsAre(Pair("000008.log", 3), Pair("000012.log", 0), Pair("MANIFEST-000005", 7)));
}

TEST_F(Notes, OfAFileThatIsRemovedAreForgotten) {
  write("000008.log", "123");
  write("MANIFEST-000005", "1234567");
  notes.note(scratch.file("MANIFEST-000005"), 7);
  notes.note_logs(scratch.path());
  EXPECT_TRUE(notes.DeleteFile(scratch.file("000008.log")).ok());
  EXPECT_THAT(noted().value(), ElementsAre(Pair("MANIFEST-000005", 7)));
  EXPECT_TRUE(notes.DeleteFile(scratch.file("MANIFEST-000005")).ok());
  EXPECT_THAT(noted().value(), IsEmpty());
}

TEST_F(Notes, AreWrittenAsBefore) {
  write("000008.log", "123");
  notes.note(scratch.file("MANIFEST-000005"), 7);
  notes.note_logs(scratch.path());
  EXPECT_EQ(contents_of(scratch.file("LENGTHS")), "000008.log 3\nMANIFEST-000005 7\nchecksum 8402723038582923218\n");
}

// As after a crash in between a new manifest and the name of it in CURRENT: RocksDB takes the number again.
TEST_F(Notes, OfAManifestThatIsMadeAnewAreForgotten) {
  notes.note(scratch.file("MANIFEST-000005"), 7);
  make("MANIFEST-000005");
  EXPECT_THAT(noted().value(), IsEmpty());
}

TEST_F(Notes, ThatAreDamagedAreNotBelievedAndWrittenAnew) {
  notes.note(scratch.file("MANIFEST-000005"), 7);
  const Bytes note = contents_of(scratch.file("LENGTHS"));
  for (std::size_t at = 0; at < note.size(); ++at) {
    Bytes changed = note;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    for (const Bytes& damaged : {changed, note.substr(0, at)}) {
      write("LENGTHS", damaged);
      EXPECT_EQ(noted().status().code(), Code::data_loss) << at;
    }
  }
  notes.note(scratch.file("MANIFEST-000005"), 9);
  EXPECT_THAT(noted().value(), ElementsAre(Pair("MANIFEST-000005", 9)));
}

// A note that stays as it was is behind the file, which does no harm.
TEST_F(Notes, ThatCannotBeWrittenAreWarnedOf) {
  notes.note(scratch.file("MANIFEST-000005"), 7);
  fs::create_directory(scratch.file("LENGTHS.dbtmp"));
  notes.note(scratch.file("MANIFEST-000005"), 9);
  EXPECT_THAT(host.logged(LogLevel::warning), ElementsAre(HasSubstr("was not noted")));
  EXPECT_THAT(noted().value(), ElementsAre(Pair("MANIFEST-000005", 7)));
  write("MANIFEST-000005", "1234567");
  EXPECT_FALSE(notes.DeleteFile(scratch.file("MANIFEST-000005")).ok());
  EXPECT_TRUE(fs::exists(scratch.file("MANIFEST-000005"))) << "it would be missed";
}

/// A database that was closed, with something in a table and something in the log.
struct Noted : ::testing::Test {
  void SetUp() override {
    Process process;
    ASSERT_TRUE(process.storage->open(store).is_ok());
    ASSERT_TRUE(process.put("flushed", "v").is_ok());
    ASSERT_TRUE(process.storage->checkpoint(copy).is_ok());
    ASSERT_TRUE(process.put("logged", "v").is_ok());
  }
  static void expect_refused(const Path& file, std::uint64_t offset) {
    const Path directory = fs::path(file).parent_path();
    const std::vector<Path> tables = files_with(directory, ".sst");
    Process examining;
    const auto found = examining.storage->examine(directory, [](BytesView, BytesView) { return true; });
    ASSERT_TRUE(found.is_ok()) << found.status().text();
    ASSERT_FALSE(found->faults.empty()) << "at " << offset;
    EXPECT_EQ(found->faults.front().file, file);
    EXPECT_EQ(found->faults.front().offset, offset);
    Process process;
    const Status opened = process.storage->open(directory);
    EXPECT_EQ(opened.code(), Code::data_loss) << opened.text();
    EXPECT_THAT(opened.message(), HasSubstr(file + " is damaged at offset " + std::to_string(offset) + ":"));
    EXPECT_THAT(opened.message(), HasSubstr("stator storage quarantine"));
    EXPECT_EQ(files_with(directory, ".sst"), tables) << "RocksDB removes tables that nobody names";
  }
  /// Where each of its records begins: short ones.
  static std::vector<std::uint64_t> records_in(const Path& log) {
    const Bytes bytes = contents_of(log);
    std::vector<std::uint64_t> records;
    for (std::uint64_t at = 0; at < bytes.size(); at += 7 + static_cast<unsigned char>(bytes[at + 4])) {
      EXPECT_EQ(bytes[at + 5], 0);
      records.push_back(at);
    }
    return records;
  }
  static void expect_every_cut_between_records_refused(const Path& log) {
    std::vector<std::uint64_t> records = records_in(log);
    ASSERT_FALSE(records.empty());
    for (; !records.empty(); records.pop_back()) {
      fs::resize_file(log, records.back());
      expect_refused(log, records.back());
    }
  }

  Scratch scratch;
  const Path store = scratch.file("store");
  const Path copy = scratch.file("copy");
};

TEST_F(Noted, AManifestThatIsCutBetweenTwoRecordsIsRefused) {
  ASSERT_GE(records_in(manifest_in(store)).size(), 4U);
  expect_every_cut_between_records_refused(manifest_in(store));
}

TEST_F(Noted, SoIsThatOfACheckpoint) { expect_every_cut_between_records_refused(manifest_in(copy)); }

TEST_F(Noted, ALogThatIsCutAfterItWasClosedIsRefused) {
  expect_every_cut_between_records_refused(files_with(store, ".log").at(0));
}

TEST_F(Noted, ALogThatIsGoneAfterItWasClosedIsRefused) {
  const Path log = files_with(store, ".log").at(0);
  fs::remove(log);
  expect_refused(log, 0);
}

TEST_F(Noted, IsOpenedAgainAndAgain) {
  for (int i = 0; i < 5; ++i) {
    Process process;
    const Status opened = process.storage->open(store);
    ASSERT_TRUE(opened.is_ok()) << opened.text();
    EXPECT_EQ(process.contents().size(), 2U + i);
    ASSERT_TRUE(process.put("more" + std::to_string(i), "v").is_ok());
    if (i == 0) process.kill(store);  // later ones compact, which a copy would not see at one time
    EXPECT_THAT(process.host.logged(LogLevel::warning), IsEmpty());
  }
}

// It has one if something was written while it was made.
TEST_F(Noted, ALogThatACheckpointHasIsNoted) {
  Process process;
  ASSERT_TRUE(process.storage->open(store).is_ok());
  std::atomic<bool> done = false;
  std::thread writer([&] {
    while (!done) EXPECT_TRUE(process.put("more", "v").is_ok());
  });
  std::vector<Path> logs;
  for (int tries = 0; logs.empty() && tries < 1000; ++tries) {
    fs::remove_all(copy);
    EXPECT_TRUE(process.storage->checkpoint(copy).is_ok());
    logs = files_with(copy, ".log");
  }
  done = true;
  writer.join();
  ASSERT_FALSE(logs.empty());
  fs::resize_file(logs.back(), records_in(logs.back()).back());
  expect_refused(logs.back(), fs::file_size(logs.back()));
}

// As after a crash in between the sync of a new manifest and its name in CURRENT.
TEST_F(Noted, AManifestThatDoesNotCountMayBeGone) {
  {
    Process process;
    LengthNotes(::rocksdb::Env::Default(), process.host).note(store + "/MANIFEST-000099", 7);
  }
  Process process;
  const Status opened = process.storage->open(store);
  ASSERT_TRUE(opened.is_ok()) << opened.text();
}

TEST_F(Noted, WithoutANoteItIsOpened) {
  fs::remove(store + "/LENGTHS");
  Process process;
  ASSERT_TRUE(process.storage->open(store).is_ok());
  EXPECT_EQ(process.contents().size(), 2U);
}

TEST_F(Noted, OfADamagedNoteIsWarnedAndRemarked) {
  fs::resize_file(store + "/LENGTHS", 20);
  Process examining;
  const auto found = examining.storage->examine(store, [](BytesView, BytesView) { return true; });
  ASSERT_TRUE(found.is_ok()) << found.status().text();
  EXPECT_THAT(found->faults, IsEmpty());
  EXPECT_THAT(found->remarks, ElementsAre(HasSubstr(store + "/LENGTHS is damaged")));
  Process process;
  ASSERT_TRUE(process.storage->open(store).is_ok());
  EXPECT_THAT(process.host.logged(LogLevel::warning), ElementsAre(HasSubstr(store + "/LENGTHS is damaged")));
  EXPECT_EQ(process.contents().size(), 2U);
}

// As by the version before, which leaves the note as it is.
TEST_F(Noted, IsOpenedAfterSomeoneHadItWhoWritesNoNotes) {
  ::rocksdb::DB* opened = nullptr;
  ASSERT_TRUE(::rocksdb::DB::Open({}, store, &opened).ok());
  const std::unique_ptr<::rocksdb::DB> database(opened);
  ASSERT_TRUE(database->Put({}, "another", "v").ok());
  ASSERT_TRUE(database->Flush({}).ok());
  ASSERT_TRUE(database->Close().ok());
  Process process;
  const Status again = process.storage->open(store);
  ASSERT_TRUE(again.is_ok()) << again.text();
  EXPECT_EQ(process.contents().size(), 3U);
}

}  // namespace
}  // namespace stator::rocks
