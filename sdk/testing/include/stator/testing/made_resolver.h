#pragma once

#include <memory>
#include <string>
#include <vector>

#include "stator/plugin.h"
#include "stator/resolver.h"
#include "stator/testing/fake_host.h"
#include "stator/testing/modelled_files.h"

namespace stator::testing {

/// A resolver of the plugin, as a kernel makes it; null, and why, if the plugin refuses. The host that it is made with
/// is gone when this returns: a resolver does not keep it.
inline std::unique_ptr<Resolver> made_resolver(const stator_plugin_descriptor& plugin, const Config& config,
                                               Status& why) {
  ModelledDisk disk;
  ModelledFiles files(disk);
  FakeHost host(files);
  return std::unique_ptr<Resolver>(static_cast<Resolver*>(plugin.create(host, config, why)));
}

/// A version for tests of resolvers: the first of `node`, written at that time.
inline Version version_of(const std::string& node, std::uint64_t millis, Bytes value) {
  Version made;
  made.dot = {{node, Stamp::from_millis(1)}, 1};
  made.stamp = Stamp::from_millis(millis);
  made.value = std::move(value);
  return made;
}

inline Version removal_of(const std::string& node, std::uint64_t millis) {
  Version made = version_of(node, millis, {});
  made.tombstone = true;
  return made;
}

}  // namespace stator::testing
