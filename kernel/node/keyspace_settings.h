#pragma once

#include "kernel/config/cluster_config.h"
#include "kernel/coordinator/keyspace.h"
#include "kernel/node/hello.h"
#include "kernel/node/plugin_check.h"

namespace stator {

/// A keyspace's rules as its loops keep them. Pure.
KeyspaceRules rules_of(const KeyspaceOptions& keyspace);

/// Everything about a keyspace that nodes must agree on: its rules, and the plugin of its resolver or data type with
/// its options. A file that an option names counts by what it says, not by its path. Pure.
KeyspaceSettings settings_of(const KeyspaceOptions& keyspace, const ReadyInstance& resolver);

}  // namespace stator
