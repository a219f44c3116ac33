#include <gtest/gtest.h>

#include "stator/testing/storage_laws.h"
#include "test_storage.h"

namespace stator::rocks {
namespace {

testing::StorageUnderTest with(const Path& directory, const RocksStorage::Options& options) {
  std::filesystem::create_directories(directory);
  return {.make = [options](Host& host) { return std::make_unique<RocksStorage>(host, options); },
          .directory = directory,
          .counts_keys = false};
}

RocksStorage::Options uncompressed() {
  RocksStorage::Options options = small();
  options.compression = "none";
  options.background_threads = 1;
  return options;
}

// Lives as long as the program: tests run after it was registered.
const Scratch& scratch() {
  static const Scratch kScratch;
  return kScratch;
}

const bool kRegistered[] = {
    testing::register_storage_laws("Rocks", with(scratch().file("default"), RocksStorage::Options())),
    testing::register_storage_laws("RocksWithSmallBuffers", with(scratch().file("small"), small())),
    testing::register_storage_laws("RocksUncompressed", with(scratch().file("none"), uncompressed())),
};

}  // namespace
}  // namespace stator::rocks
