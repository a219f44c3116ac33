#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "kernel/files/posix_files.h"
#include "plugins/storage/memtable/memtable.h"
#include "stator/testing/background_thread.h"
#include "stator/testing/fake_host.h"

// kill -9 of a real process on the real file system: whatever it said was written is there.

namespace stator::testing {
namespace {

constexpr memtable::Memtable::Options kSmall{.segment_bytes = 64 << 10, .snapshot_after_bytes = 128 << 10};
constexpr int kKeys = 500;

Bytes value_of(std::uint64_t number) { return std::to_string(number) + Bytes(number % 300, 'v'); }

/// Writes number after number, each under two keys in one batch, and reports each that was acknowledged. Never returns.
[[noreturn]] void write_for_ever(const Path& directory, std::uint64_t from, int reports) {
  PosixFiles files;
  FakeHost host(files, {.seed = from + 1});
  BackgroundThread background;
  host.offer(Background::kExtensionId, &background);
  memtable::Memtable storage(host, kSmall);
  if (!storage.open(directory).is_ok()) _exit(2);
  for (std::uint64_t number = from;; ++number) {
    const Bytes key = "key" + std::to_string(number % kKeys);
    const Bytes value = value_of(number);
    const Bytes twin = "twin" + key;
    const Mutation batch[] = {{.key = key, .value = value}, {.key = twin, .value = value}};
    if (!storage.write(batch).is_ok()) _exit(3);
    if (::write(reports, &number, sizeof number) != sizeof number) _exit(4);
  }
}

/// Kills the writer after `wanted` reports; returns the last number it reported, counting those still in the pipe.
std::uint64_t run_and_kill(const Path& directory, std::uint64_t from, std::uint64_t wanted) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    write_for_ever(directory, from, ends[1]);
  }
  ::close(ends[1]);
  std::uint64_t last = 0;
  std::uint64_t number = 0;
  for (std::uint64_t count = 0; ::read(ends[0], &number, sizeof number) == sizeof number; ++count) {
    last = number;
    if (count == wanted) ::kill(child, SIGKILL);
  }
  ::close(ends[0]);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself: " << status;
  return last;
}

/// Every key holds its last acknowledged number, or the one that was being written; both twins alike.
void check(const Path& directory, std::uint64_t last) {
  PosixFiles files;
  FakeHost host(files);
  memtable::Memtable storage(host, kSmall);
  Status opened = storage.open(directory);
  ASSERT_TRUE(opened.is_ok()) << opened.text();
  for (std::uint64_t number = last < kKeys ? 1 : last - kKeys + 1; number <= last; ++number) {
    const Bytes key = "key" + std::to_string(number % kKeys);
    auto found = storage.get(key).value();
    ASSERT_TRUE(found.has_value()) << key;
    const bool next = number + kKeys == last + 1 && *found == value_of(last + 1);
    EXPECT_TRUE(next || *found == value_of(number)) << key << " was acknowledged as " << number << " and is " << *found;
    EXPECT_EQ(storage.get("twin" + key).value(), found);
  }
}

TEST(StorageKill, EveryAcknowledgedWriteIsThereAfterKill9) {
  char pattern[] = "/tmp/stator_kill_XXXXXX";
  ASSERT_NE(::mkdtemp(pattern), nullptr);
  const Path directory = std::string(pattern) + "/data/store";
  std::uint64_t last = 0;
  for (std::uint64_t wanted : {1, 7, 400, 1500, 3, 900}) {
    last = run_and_kill(directory, last + 1, wanted);
    check(directory, last);
  }
  EXPECT_GT(last, 2000U);
  std::filesystem::remove_all(pattern);
}

}  // namespace
}  // namespace stator::testing
