#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <optional>

#include "storage_history.h"
#include "storage_law_list.h"

// Real processes on a real file system, each killed as soon as it has said that its one write is durable.

namespace stator::testing {
namespace {

constexpr int kLives = 25;
constexpr char kAcknowledged = '!';

/// The child's whole life: opens, writes, says so, and waits for its end. What it could not do is its exit status.
[[noreturn]] void live(const StorageUnderTest& under_test, const Path& path, const Changes& changes, int reports) {
  ModelledDisk disk;
  StorageProcess process(under_test, disk, under_test.seed);
  if (!process.open(path).is_ok()) _exit(2);
  if (!write(*process.storage, changes).is_ok()) _exit(3);
  if (::write(reports, &kAcknowledged, 1) != 1) _exit(4);
  for (;;) ::pause();
}

/// Why there was no acknowledged write to kill after, if there was none.
std::optional<std::string> write_and_kill(const StorageUnderTest& under_test, const Path& path,
                                          const Changes& changes) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    live(under_test, path, changes, ends[1]);
  }
  ::close(ends[1]);
  char report = 0;
  const bool acknowledged = ::read(ends[0], &report, 1) == 1 && report == kAcknowledged;
  ::close(ends[0]);
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (acknowledged) return std::nullopt;
  return "a process could not open, or not write: status " + std::to_string(status);
}

}  // namespace

Violations acknowledged_writes_survive_kill_9(const StorageUnderTest& under_test) {
  const Path path = storage_path(under_test, "killed");
  ChangeSource source(under_test.seed);
  Contents model;
  for (int life = 1; life <= kLives; ++life) {
    const Changes changes = source.batch();
    if (auto failed = write_and_kill(under_test, path, changes)) return {*failed};
    perform(changes, model);
    ModelledDisk disk;
    StorageProcess process(under_test, disk, under_test.seed);
    if (Status opened = process.open(path); !opened.is_ok()) return {"it does not open: " + opened.text()};
    Result<Contents> found = contents_of(*process.storage);
    if (!found.is_ok()) return {"it does not scan: " + found.status().text()};
    const std::string differs = difference(model, *found);
    if (!differs.empty()) return {"after kill " + std::to_string(life) + ": " + differs};
  }
  return {};
}

}  // namespace stator::testing
