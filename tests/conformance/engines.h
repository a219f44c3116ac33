#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "stator/host.h"
#include "stator/storage.h"

namespace stator::testing {

/// A storage of the plugin "memtable" or "rocksdb" as it stands in the build directory, loaded as statord does. It has
/// buffers of about that size, 64 KiB or more for rocksdb, so that a short history crosses what an engine does beside
/// writing: segments, snapshots, flushes, compactions.
std::unique_ptr<Storage> make_engine(const std::string& plugin, Host& host, std::uint64_t buffer_bytes);

}  // namespace stator::testing
