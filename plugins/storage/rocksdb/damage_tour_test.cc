#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <iostream>

#include "test_storage.h"

// Every byte of every file that RocksDB reads at its start or for a get, changed, or cut off where that shows. Right
// is: each key answers with what was acknowledged, or with data_loss, or the directory is refused by name.

namespace stator::rocks {
namespace {

namespace fs = std::filesystem;

// Each takes a start of RocksDB; under a sanitizer that takes ten times as long.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kEvery = 37;
#else
constexpr std::uint64_t kEvery = 1;
#endif
const std::vector<int> kMasks = {0x04, 0xff};  // the first makes a type one of recycled logs
constexpr const char* kRefused = "refused";
constexpr int kKeysOfTables = 12;
constexpr int kKeys = 24;

Bytes key_of(int number) { return "key" + std::to_string(100 + number); }
Bytes value_of(int number) { return Bytes(20, static_cast<char>('a' + number)); }

RocksStorage::Options uncompressed() {
  RocksStorage::Options options = small();
  options.compression = "none";
  return options;
}

/// A database, half of it in a table and half in the log, whose process was killed, the same after it was closed, and
/// what is wrong with a damaged copy of one.
class DamageTour : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ::setenv("TMPDIR", "/dev/shm", 0); }  // this is not about syncs
  void SetUp() override {
    Process process(uncompressed());
    ASSERT_TRUE(process.storage->open(closed).is_ok());
    for (int i = 0; i < kKeysOfTables; ++i) ASSERT_TRUE(process.put(key_of(i), value_of(i)).is_ok());
    ASSERT_TRUE(process.storage->checkpoint(scratch.file("checkpoint")).is_ok()) << "it flushes";
    for (int i = kKeysOfTables; i < kKeys; ++i) ASSERT_TRUE(process.put(key_of(i), value_of(i)).is_ok());
    fs::copy(closed, killed);
  }

  using Damage = std::function<void(Bytes& file)>;
  /// Of one file; empty if all is right.
  std::string fault_after(const Path& file, const Damage& damage) {
    ++cases;
    const Path copy = scratch.file("copy");
    fs::remove_all(copy);
    fs::copy(fs::path(file).parent_path(), copy);
    const Path path = copy + "/" + fs::path(file).filename().string();
    Bytes bytes = contents_of(path);
    damage(bytes);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    return in_a_process([&] { return fault_of(path); });
  }
  /// What is told there. A signal is a fault, whichever: a damage may end nothing but the open.
  std::string in_a_process(const std::function<std::string()>& look) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      const std::string told = look();
      ::_exit(::write(ends[1], told.data(), told.size()) < 0 ? 1 : 0);
    }
    ::close(ends[1]);
    char told[1000];
    const ssize_t size = ::read(ends[0], told, sizeof told);
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status)) + " ended the process";
    if (status != 0 || size < 0) return "the process could not tell";
    if (std::string(told, static_cast<std::size_t>(size)) == kRefused) return ++refused, "";
    return {told, static_cast<std::size_t>(size)};
  }
  /// Of the file's directory; kRefused where it does not open, and names the file and what to do.
  std::string fault_of(const Path& file) const {
    Process process(uncompressed());
    const Status opened = process.storage->open(fs::path(file).parent_path());
    if (opened.is_ok()) return fault_of(process);
    const bool names_it = opened.message().find(fs::path(file).filename()) != std::string::npos;
    const bool advises = opened.message().find("stator storage quarantine") != std::string::npos;
    return names_it && advises ? kRefused : "the refusal does not name the file or what to do: " + opened.text();
  }
  std::string fault_of(const Process& process) const {
    int there = 0;
    int gone = 0;
    for (int i = 0; i < kKeys; ++i) {
      const Result<std::optional<Bytes>> found = process.storage->get(key_of(i));
      if (!found.is_ok() && found.status().code() != Code::data_loss) return found.status().text();
      const bool absent = found.is_ok() && !found->has_value();
      if (absent && may_forget && i >= kKeysOfTables) {
        ++gone;
      } else if (found.is_ok() && (gone > 0 || *found != value_of(i))) {
        return key_of(i) + " is " + found->value_or("absent") + ", and was acknowledged otherwise";
      } else {
        ++there;
      }
    }
    int seen = 0;
    const Status scanned = process.storage->scan({}, {}, [&](BytesView, BytesView) { return ++seen; });
    if (!scanned.is_ok()) return scanned.code() == Code::data_loss ? "" : scanned.text();
    return seen != there ? "a scan sees " + std::to_string(seen) + " keys" : "";
  }
  void expect_right(const Path& file, std::uint64_t at, const Damage& damage) {
    const std::string fault = fault_after(file, damage);
    EXPECT_EQ(fault, "") << fs::path(file).filename() << " at " << at;
  }
  /// In one bit, and also in those of each of the masks.
  void change_every_byte(const Path& file, const std::vector<int>& masks) {
    const std::uint64_t size = fs::file_size(file);
    for (std::uint64_t at = 0; at < size && !HasFailure(); at += kEvery) {
      std::vector<int> changes = masks;
      changes.push_back(1 << at % 8);
      for (const int bits : changes)
        expect_right(file, at, [&](Bytes& bytes) { bytes[at] = static_cast<char>(bytes[at] ^ bits); });
    }
    tell(file);
  }
  void cut_everywhere(const Path& file) {
    const std::uint64_t size = fs::file_size(file);
    for (std::uint64_t at = 0; at < size && !HasFailure(); at += kEvery)
      expect_right(file, at, [&](Bytes& bytes) { bytes.resize(at); });
    tell(file);
  }
  void tell(const Path& file) {
    std::cout << fs::path(file).filename().string() << ": " << cases << " damages, " << refused << " refused\n";
  }

  Scratch scratch;
  const Path closed = scratch.file("closed");
  const Path killed = scratch.file("killed");
  bool may_forget = false;  ///< the last of what is in the log
  int cases = 0;
  int refused = 0;
};

TEST_F(DamageTour, OfTheLog) {
  change_every_byte(files_with(killed, ".log").at(0), kMasks);
  EXPECT_EQ(refused, cases);
}

TEST_F(DamageTour, OfATable) {
  change_every_byte(files_with(killed, ".sst").at(0), kMasks);
  EXPECT_GT(refused, 0);
}

TEST_F(DamageTour, OfTheManifest) {
  change_every_byte(manifest_in(killed), kMasks);
  EXPECT_EQ(refused, cases);
}

TEST_F(DamageTour, OfCurrent) {
  change_every_byte(killed + "/CURRENT", kMasks);
  EXPECT_EQ(refused, cases);
}

TEST_F(DamageTour, OfWhatIsNotedOfLengths) {
  change_every_byte(closed + "/LENGTHS", kMasks);
  EXPECT_EQ(refused, 0);
}

TEST_F(DamageTour, OfATableThatWasCutShort) {
  cut_everywhere(files_with(killed, ".sst").at(0));
  EXPECT_EQ(refused, cases);
}

TEST_F(DamageTour, OfACurrentThatWasCutShort) {
  cut_everywhere(killed + "/CURRENT");
  EXPECT_EQ(refused, cases);
}

TEST_F(DamageTour, OfANoteOfLengthsThatWasCutShort) {
  cut_everywhere(closed + "/LENGTHS");
  EXPECT_EQ(refused, 0);
}

TEST_F(DamageTour, OfAManifestThatWasCutShort) {
  cut_everywhere(manifest_in(killed));
  EXPECT_EQ(refused, cases);
}

TEST_F(DamageTour, OfALogThatWasCutShortWhenItWasClosed) {
  cut_everywhere(files_with(closed, ".log").at(0));
  EXPECT_EQ(refused, cases);
}

// Like a write that was torn when the power went: what was before it is there, and nothing of what was behind it.
TEST_F(DamageTour, OfALogThatWasCutShortWhenItsProcessWasKilled) {
  may_forget = true;
  cut_everywhere(files_with(killed, ".log").at(0));
  EXPECT_EQ(refused, 0);
}

}  // namespace
}  // namespace stator::rocks
