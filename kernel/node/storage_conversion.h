#pragma once

#include <string>

#include "kernel/config/cluster_config.h"
#include "kernel/node/plugin_check.h"
#include "kernel/node/storage_copy.h"
#include "kernel/plugins/loader.h"
#include "stator/host.h"

namespace stator {

/// A storage instance of a node that does not run, and the plugin it is to be written by from now on.
struct ConversionPlan {
  std::string cluster;          ///< whose data it must be
  std::string node;             ///< of that cluster
  Path directory;               ///< DATA_DIR/storage/NAME
  const ReadyInstance* wanted;  ///< as the configuration has it now
  const ReadyInstance* origin;  ///< as the configuration had it that it was written under; null: with all defaults
  Loader* loader;               ///< finds the plugin that has written it so far
};

struct ConversionReport {
  std::string from;  ///< the plugin that had written it
  StorageProgress copied;
  Path kept;  ///< where the origin is now, as it was
};

/// Makes a copy beside the directory, written by the wanted plugin, verifies it, and exchanges the two in one step; the
/// origin stays, as DIRECTORY.PLUGIN. Before that step the origin is where it was, whatever happens, and a run that was
/// interrupted is begun anew by the next.
///
/// failed_precondition if the directory is no storage, is written by the wanted plugin already or by another than
/// `origin` names, cannot be opened without its options, is somebody else's, or something stands where the copy or the
/// origin is to go; unavailable if a process has it open. [blocking]
Result<ConversionReport> convert_storage(Host& host, const ConversionPlan& plan, const OnProgress& progress);

}  // namespace stator
