#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "stator/storage.h"
#include "stator/testing/fake_host.h"
#include "stator/testing/modelled_files.h"
#include "stator/testing/storage_laws.h"

namespace stator::testing {

/// What a storage ought to hold. std::map orders std::string bytewise, as unsigned.
using Contents = std::map<Bytes, Bytes>;

/// One mutation that owns its bytes; no value: a removal.
struct Change {
  Bytes key;
  std::optional<Bytes> value;
};
using Changes = std::vector<Change>;

Status write(Storage& storage, const Changes& changes);
void perform(const Changes& changes, Contents& contents);
/// Everything in the storage, by a scan.
Result<Contents> contents_of(Storage& storage);
/// Where two contents differ first, for people; empty if nowhere.
std::string difference(const Contents& expected, const Contents& found);

/// Random keys and values that are likely to meet, to be prefixes of each other and to hold 0x00 and 0xff. [serial]
class ChangeSource {
 public:
  explicit ChangeSource(std::uint64_t seed) : random_(seed) {}
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  Bytes key();
  /// Unlike any given before, so that an old one is recognised.
  Bytes value();
  /// One to four changes.
  Changes batch();
  /// One put that takes as many bytes as every other such: in a log that is written over, new frames end where old ones
  /// did.
  Changes uniform_batch();
  std::vector<Changes> batches(std::size_t count);
  std::vector<Changes> uniform_batches(std::size_t count);

 private:
  std::mt19937_64 random_;
  std::uint64_t values_ = 0;
};

/// One process of a storage under test: a disk's files, a host, the storage.
struct StorageProcess {
  StorageProcess(const StorageUnderTest& storage, ModelledDisk& disk, std::uint64_t seed);
  Status open(const Path& path) { return storage->open(path); }

  ModelledFiles files;
  FakeHost host;
  std::unique_ptr<Storage> storage;
};

/// A directory for a law's storage: on the modelled disk, or below the real directory that was given.
Path storage_path(const StorageUnderTest& storage, const std::string& name);

}  // namespace stator::testing
