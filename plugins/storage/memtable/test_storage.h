#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "memtable.h"
#include "stator/testing/fake_host.h"
#include "stator/testing/modelled_files.h"

// What the tests of this plugin share.

namespace stator::memtable {

/// Small files and frequent snapshots: a short history crosses them all.
constexpr Memtable::Options kSmall{.segment_bytes = 4096, .snapshot_after_bytes = 6000};

inline const Path kPath = "/data/store";

/// One process with a memtable in it.
struct Process {
  explicit Process(testing::ModelledDisk& disk, Memtable::Options options = kSmall)
      : files(disk), host(files), storage(std::make_unique<Memtable>(host, options)) {}

  Status open() { return storage->open(kPath); }
  Status put(BytesView key, BytesView value) {
    const Mutation mutation{.key = key, .value = value};
    return storage->write({&mutation, 1});
  }
  std::map<Bytes, Bytes> contents() {
    std::map<Bytes, Bytes> contents;
    Status scanned = storage->scan({}, {}, [&](BytesView key, BytesView value) {
      contents.emplace(key, value);
      return true;
    });
    return scanned.is_ok() ? contents : std::map<Bytes, Bytes>{{"scan failed", scanned.text()}};
  }
  std::vector<std::string> names(std::string_view suffix) {
    std::vector<std::string> names = files.list(kPath).value();
    std::erase_if(names, [suffix](const std::string& name) { return !name.ends_with(suffix); });
    return names;
  }

  testing::ModelledFiles files;
  testing::FakeHost host;
  std::unique_ptr<Memtable> storage;
};

}  // namespace stator::memtable
