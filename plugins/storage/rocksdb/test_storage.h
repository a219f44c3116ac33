#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "rocks_storage.h"
#include "stator/testing/fake_host.h"
#include "stator/testing/modelled_files.h"

// What the tests of this plugin share. RocksDB has files of its own, so they are real ones.

namespace stator::rocks {

/// A small write buffer: a short history makes tables, and compacts them.
inline RocksStorage::Options small() {
  RocksStorage::Options options;
  options.write_buffer_bytes = 64 << 10;
  options.block_cache_bytes = 1 << 20;
  return options;
}

/// An empty directory that is removed with everything in it.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "stator_rocks_XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const Path& path() const { return path_; }
  Path file(const std::string& name) const { return path_ + "/" + name; }

 private:
  Path path_;
};

/// One process with a RocksStorage in it.
struct Process {
  explicit Process(RocksStorage::Options options = small(), ::rocksdb::Env* env = ::rocksdb::Env::Default())
      : host(files), storage(std::make_unique<RocksStorage>(host, std::move(options), env)) {}

  Status put(BytesView key, BytesView value) const {
    const Mutation mutation{.key = key, .value = value};
    return storage->write({&mutation, 1});
  }
  std::map<Bytes, Bytes> contents() const {
    std::map<Bytes, Bytes> contents;
    Status scanned = storage->scan({}, {}, [&](BytesView key, BytesView value) {
      contents.emplace(key, value);
      return true;
    });
    return scanned.is_ok() ? contents : std::map<Bytes, Bytes>{{"scan failed", scanned.text()}};
  }

  /// What a kill leaves: nothing of what the storage does at its end was done to its directory.
  void kill(const Path& directory) {
    std::filesystem::copy(directory, directory + "-killed", std::filesystem::copy_options::recursive);
    storage.reset();
    std::filesystem::remove_all(directory);
    std::filesystem::rename(directory + "-killed", directory);
  }

  testing::ModelledDisk disk;  // the host's files, which RocksDB does not use
  testing::ModelledFiles files{disk};
  testing::FakeHost host;
  std::unique_ptr<RocksStorage> storage;
};

inline Bytes contents_of(const Path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Of a directory with one.
inline Path manifest_in(const Path& directory) {
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().filename().string().starts_with("MANIFEST-")) return entry.path().string();
  }
  return {};
}

/// The paths of the directory's files whose names end so, in order.
inline std::vector<Path> files_with(const Path& directory, const std::string& suffix) {
  std::vector<Path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().string().ends_with(suffix)) paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace stator::rocks
