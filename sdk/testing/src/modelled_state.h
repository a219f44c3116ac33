#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "modelled_inode.h"
#include "stator/testing/modelled_files.h"

namespace stator::testing {

/// Everything of a ModelledDisk. Its members are used with the mutex held.
struct ModelledDisk::State {
  using Inode = std::shared_ptr<ModelledInode>;  // shared: named, open and yet to be named at the same time
  using Names = std::map<Path, Inode>;
  /// An unsynced change of names: `gone` disappears, `come` appears, either may be empty.
  struct NameChange {
    Path gone;
    Path come;
    Inode inode;
    void apply(Names& names) const;
  };
  enum class Fate {
    done,  ///< carry it out
    half,  ///< carry it out, as far as it goes without a sync, and say that it failed
    dead,  ///< do nothing and say that it failed
  };

  /// Counts an operation that changes something and says what becomes of it.
  Fate begin(std::uint64_t life);
  bool dead(std::uint64_t life) const { return power_off || life != current_life; }
  void change(NameChange change);
  void sync_names(const Path& directory);
  void crash(std::uint64_t seed);
  void crash(const Remains& remains);
  /// Each file once, in the order of the paths.
  std::vector<Inode> inodes() const;
  void start_anew();
  /// Counts down to an injected fault.
  bool strikes(std::uint64_t& countdown);
  bool has_room(std::uint64_t growth) const;
  /// Bytes that all files together have.
  std::uint64_t used() const;

  std::mutex mutex;
  Names names;
  Names durable_names;
  std::vector<NameChange> unsynced_names;
  std::set<Path> directories;  // durable at once
  std::set<Path> locks;
  std::uint64_t current_life = 1;
  bool power_off = false;
  std::uint64_t operations = 0;
  std::uint64_t power_cut_in = 0;
  std::uint64_t sync_fails_in = 0;
  std::uint64_t write_fails_in = 0;
  Status sync_error;
  Status write_error;
  bool fault_met = false;
  std::uint64_t capacity = UINT64_MAX;
};

inline Path parent_of(const Path& path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == Path::npos || slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace stator::testing
