#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <string>

#include "engines.h"
#include "kernel/files/posix_files.h"
#include "stator/testing/background_thread.h"
#include "stator/testing/fake_host.h"

// kill -9 of real processes on the real file system, under load: whatever one said was written is there.

namespace stator::testing {
namespace {

using Make = std::function<std::unique_ptr<Storage>(Host&)>;

constexpr int kKeys = 500;
constexpr std::uint64_t kBuffer = 64 << 10;

Make engine(const std::string& plugin) {
  return [plugin](Host& host) { return make_engine(plugin, host, kBuffer); };
}

Bytes value_of(std::uint64_t number) { return std::to_string(number) + Bytes(number % 300, 'v'); }
Bytes key_of(std::uint64_t number) { return "key" + std::to_string(number % kKeys); }

/// What is wrong with a storage to which `last` was acknowledged last: every key holds its last number, or the one that
/// was being written; both twins alike. Empty if nothing.
std::string fault_of(Storage& storage, std::uint64_t last) {
  for (std::uint64_t number = last < kKeys ? 1 : last - kKeys + 1; number <= last; ++number) {
    const Result<std::optional<Bytes>> found = storage.get(key_of(number));
    const Result<std::optional<Bytes>> twin = storage.get("twin" + key_of(number));
    if (!found.is_ok() || !twin.is_ok()) return "a get failed: " + found.status().text() + twin.status().text();
    const bool in_flight = number + kKeys == last + 1 && *found == value_of(last + 1);
    if (!in_flight && *found != value_of(number))
      return key_of(number) + " was acknowledged as " + std::to_string(number) + " and is " + found->value_or("absent");
    if (*twin != *found) return key_of(number) + " and its twin, of one batch, differ";
  }
  return "";
}

/// One life: opens, looks for what was acknowledged before, then writes number after number, each under two keys in one
/// batch, and reports each that was acknowledged. Its exit status says what it could not do.
[[noreturn]] void live(const Make& make, const Path& directory, std::uint64_t last, int reports) {
  PosixFiles files;
  FakeHost host(files, {.seed = last + 1});
  BackgroundThread background;
  host.offer(Background::kExtensionId, &background);
  const std::unique_ptr<Storage> storage = make(host);
  if (Status opened = storage->open(directory); !opened.is_ok()) {
    std::fprintf(stderr, "%s\n", opened.text().c_str());
    _exit(2);
  }
  if (std::string fault = fault_of(*storage, last); !fault.empty()) {
    std::fprintf(stderr, "%s\n", fault.c_str());
    _exit(3);
  }
  for (std::uint64_t number = last + 1;; ++number) {
    const Bytes key = key_of(number);
    const Bytes value = value_of(number);
    const Bytes twin = "twin" + key;
    const Mutation batch[] = {{.key = key, .value = value}, {.key = twin, .value = value}};
    if (!storage->write(batch).is_ok()) _exit(4);
    if (::write(reports, &number, sizeof number) != sizeof number) _exit(5);
  }
}

/// Kills a life after `wanted` reports, in the midst of its next write; returns the last number that it reported,
/// counting those still in the pipe.
std::uint64_t run_and_kill(const Make& make, const Path& directory, std::uint64_t last, std::uint64_t wanted) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    live(make, directory, last, ends[1]);
  }
  ::close(ends[1]);
  std::uint64_t number = 0;
  for (std::uint64_t count = 1; ::read(ends[0], &number, sizeof number) == sizeof number; ++count) {
    last = number;
    if (count == wanted) ::kill(child, SIGKILL);
  }
  ::close(ends[0]);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself, with " << WEXITSTATUS(status);
  return last;
}

class StorageKill : public ::testing::TestWithParam<const char*> {
 protected:
  /// As many lives, one after the other on one directory, each looking after what those before it were told.
  void expect_all_kept(const Make& make, int kills, std::uint64_t most_writes) {
    char pattern[] = "/tmp/stator_kill_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern), nullptr);
    const Path directory = std::string(pattern) + "/data/store";
    std::mt19937_64 chance(1);
    std::uint64_t last = 0;
    for (int kill = 0; kill < kills && !HasFailure(); ++kill)
      last = run_and_kill(make, directory, last, 1 + chance() % most_writes);
    EXPECT_GE(last, static_cast<std::uint64_t>(kills));
    PosixFiles files;
    FakeHost host(files);
    std::unique_ptr<Storage> storage = make(host);
    const Status opened = storage->open(directory);
    ASSERT_TRUE(opened.is_ok()) << opened.text();
    EXPECT_EQ(fault_of(*storage, last), "");
    storage.reset();  // it may remove files of its own until then
    std::filesystem::remove_all(pattern);
  }
};

TEST_P(StorageKill, EveryAcknowledgedWriteIsThereAfter200Kills) { expect_all_kept(engine(GetParam()), 200, 12); }

// Long enough that memory is full and files are replaced many times.
TEST_P(StorageKill, EveryAcknowledgedWriteIsThereAfterLongLives) { expect_all_kept(engine(GetParam()), 4, 600); }

INSTANTIATE_TEST_SUITE_P(Engines, StorageKill, ::testing::Values("memtable", "rocksdb"),
                         [](const auto& plugin) { return std::string(plugin.param); });

/// Forgets a key when it is opened: what a log that was not synced does now and then.
class Forgetful final : public Storage {
 public:
  explicit Forgetful(std::unique_ptr<Storage> honest) : honest_(std::move(honest)) {}
  Status open(const Path& directory) override {
    if (Status opened = honest_->open(directory); !opened.is_ok()) return opened;
    const Mutation forgotten{.key = "key1", .remove = true};
    return honest_->write({&forgotten, 1});
  }
  Status write(WriteBatch batch) override { return honest_->write(batch); }
  Result<std::optional<Bytes>> get(BytesView key) override { return honest_->get(key); }
  Status scan(BytesView first, BytesView last, const Visitor& visit) override {
    return honest_->scan(first, last, visit);
  }
  Status checkpoint(const Path& directory) override { return honest_->checkpoint(directory); }
  StorageStats stats() const override { return honest_->stats(); }

 private:
  const std::unique_ptr<Storage> honest_;
};

TEST(StorageKillLiar, ALostWriteIsFound) {
  char pattern[] = "/tmp/stator_kill_XXXXXX";
  ASSERT_NE(::mkdtemp(pattern), nullptr);
  const Make forgetful = [](Host& host) { return std::make_unique<Forgetful>(engine("memtable")(host)); };
  const std::uint64_t last = run_and_kill(engine("memtable"), std::string(pattern) + "/store", 0, 3);
  PosixFiles files;
  FakeHost host(files);
  std::unique_ptr<Storage> storage = forgetful(host);
  ASSERT_TRUE(storage->open(std::string(pattern) + "/store").is_ok());
  EXPECT_EQ(fault_of(*storage, last), "key1 was acknowledged as 1 and is absent");
  storage.reset();
  std::filesystem::remove_all(pattern);
}

}  // namespace
}  // namespace stator::testing
