#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "kernel/files/sha256.h"
#include "kernel/replica/store.h"
#include "kernel/seams/executor.h"
#include "stator/requests.h"

namespace stator {

/// A checkpoint of everything this node holds, taken while it serves, until somebody has fetched it: in
/// DIRECTORY/ID/storage/NAME, which nobody outside ever names. One at a time. [a loop; the work is the background's]
class BackupSource {
 public:
  /// A storage instance of the node. Outlives this.
  struct Source {
    Store* store;
    std::string plugin;
    bool links_files = false;  ///< its checkpoint takes no room for what is written already
  };
  struct Parts {
    Files& files;
    Background& background;  ///< one thread: what is asked for is done in turn
    Executor& clock;
    std::string directory;  ///< DATA_DIR/backup; everything in it is this object's
    std::vector<Source> sources;
  };
  using Done = UniqueFunction<void(Outcome<Page>)>;

  static constexpr std::uint64_t kMaxPiece = 4 << 20;
  /// A backup that nobody has asked for anything for so long may be taken the place of by another.
  static constexpr std::chrono::seconds kAbandonedAfter{60};

  explicit BackupSource(Parts parts) : parts_(std::move(parts)) {}

  /// Removes what an earlier life left behind. [startup, blocking]
  void clear() const;
  /// What is being hashed is left; what comes after it, undone. [any-thread]
  void stop() { stopping_.store(true); }

  /// Begins to take it; show() tells when it is there. What was written before is in it. conflict while there is
  /// another; storage_full when a disk has no room for it beside its reserve.
  Outcome<Page> begin(const std::string& id);
  /// {"id", "state": "none" | "taking" | "ready" | "failed", "error", "storages", "files"}
  Page show() const;
  struct Piece {
    std::string id;
    std::string file;  ///< as show() has it; not_found for any other
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
  };
  /// Those bytes of the file, at most kMaxPiece; on `home`.
  void read(Piece piece, Executor& home, Done done);
  /// Takes it away. OK if it is not there.
  void end(const std::string& id, Executor& home, Done done);

 private:
  enum class State { none, taking, ready, failed };

  Status check_room() const;
  void take(const std::string& id);
  Status checkpoint_all(const Path& directory, std::map<std::string, FileHash>& files) const;
  Status hash_all(const Path& directory, std::map<std::string, FileHash>& files) const;
  Result<Bytes> read_now(const Piece& piece) const;

  const Parts parts_;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  State state_ = State::none;
  std::string id_;
  std::string error_;
  std::map<std::string, FileHash> files_;  // by path below DIRECTORY/ID
  TimePoint touched_;
};

}  // namespace stator
