#include <gtest/gtest.h>

#include "memtable.h"
#include "stator/testing/fake_host.h"
#include "stator/testing/storage_laws.h"

namespace stator::memtable {
namespace {

testing::StorageUnderTest with(Memtable::Options options) {
  return {.make = [options](Host& host) { return std::make_unique<Memtable>(host, options); }};
}

/// A host without a background, where everything is done inside write().
testing::StorageUnderTest alone(Memtable::Options options) {
  return {.make = [options](Host& host) {
    static_cast<testing::FakeHost&>(host).offer(Background::kExtensionId, nullptr);
    return std::make_unique<Memtable>(host, options);
  }};
}

constexpr Memtable::Options kSmall{.segment_bytes = 4096, .snapshot_after_bytes = 5000};
constexpr Memtable::Options kNoSnapshots{.segment_bytes = 4096, .snapshot_after_bytes = 1 << 30};

const bool kRegistered[] = {
    testing::register_storage_laws("Memtable", with(kSmall)),
    testing::register_storage_laws("MemtableWithoutSnapshots", with(kNoSnapshots)),
    testing::register_storage_laws("MemtableWithoutBackground", alone(kSmall)),
};

}  // namespace
}  // namespace stator::memtable
